#include "sparql/functions/environment.h"

#include <re2/re2.h>

#include <utility>

#include "sparql/functions/regex_translate.h"

namespace quadraft::sparql {

EvaluationEnvironment::EvaluationEnvironment(ExecContext* context) : context_(context) {}
EvaluationEnvironment::~EvaluationEnvironment() = default;

Value EvaluationEnvironment::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
  return Value::Error();
}

const Value& EvaluationEnvironment::ValueOf(TermId id) {
  static const Value kUnbound;
  if (id == kNoTerm) return kUnbound;
  if (const Value* known = cache_.Find(id)) return *known;
  Value value;
  if (store::TagOf(id) == store::IdTag::kInteger) {
    value = Value::Integer(static_cast<int64_t>(store::IdValueOf(id)) - (int64_t{1} << 59));
  } else {
    auto term = context_->Lookup(id);
    if (!term.ok()) {
      Fail(term.status());
      return kUnbound;
    }
    value = ValueFromTerm(*std::move(term));
  }
  value.id = id;
  Value& slot = cache_.Put(id);
  slot = std::move(value);
  return slot;
}

TermId EvaluationEnvironment::IdOf(const Value& value) {
  if (value.is_error() || value.id != kNoTerm) return value.id;
  auto id = context_->IdOf(TermFromValue(value));
  if (id.ok()) return *id;
  Fail(id.status());
  return kNoTerm;
}

std::string EvaluationEnvironment::BlankLabelFor(const std::string& name) {
  auto [place, added] = blank_labels_.try_emplace(name);
  if (added) place->second = context_->NewBlankLabel();
  return place->second;
}

const re2::RE2* EvaluationEnvironment::Regex(const std::string& pattern, const std::string& flags) {
  std::string key = StrCat(flags, "/", pattern);
  const auto found = regexes_.find(Absl(key));
  if (found != regexes_.end()) return found->second.get();
  if (regexes_.size() >= kRegexCacheMax) regexes_.clear();
  std::unique_ptr<re2::RE2> compiled;
  auto translated = TranslateXpathRegex(pattern, flags);
  if (!translated.ok()) {
    if (translated.status().code() == absl::StatusCode::kUnimplemented) Fail(translated.status());
  } else {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kRegexBytesMax);
    options.set_case_sensitive(!translated->ignore_case);
    options.set_dot_nl(translated->dot_matches_newline);
    options.set_literal(translated->literal);
    std::string text = translated->pattern;
    if (translated->multi_line) text.insert(0, "(?m)");
    compiled = std::make_unique<re2::RE2>(text, options);
    if (!compiled->ok()) {
      if (compiled->error_code() == re2::RE2::ErrorPatternTooLarge) {
        Fail(ResourceExhausted("the regular expression needs more than ", kRegexBytesMax, " bytes"));
      }
      compiled.reset();
    }
  }
  return regexes_.emplace(std::move(key), std::move(compiled)).first->second.get();
}

}  // namespace quadraft::sparql
