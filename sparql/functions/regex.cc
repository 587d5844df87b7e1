// REGEX and REPLACE (sections 17.4.3.14 and 17.4.3.15).
#include <re2/re2.h>

#include <string>
#include <string_view>
#include <vector>

#include "sparql/functions/registry.h"

namespace quadraft::sparql::functions {

namespace {

bool IsPlainString(const Value& value) { return value.kind == ValueKind::kString; }

// fn:replace's replacement: $N is a group (as many digits as make one), \$ and \\ stand for themselves; nothing else may
// follow a backslash and a digit must follow a dollar. Group 0 holds the match. False: invalid.
bool AppendReplacement(std::string_view form, const std::vector<re2::StringPiece>& groups, std::string* out) {
  for (size_t i = 0; i < form.size(); ++i) {
    const char c = form[i];
    if (c == '\\') {
      if (++i == form.size() || (form[i] != '\\' && form[i] != '$')) return false;
      out->push_back(form[i]);
    } else if (c == '$') {
      if (i + 1 == form.size() || form[i + 1] < '0' || form[i + 1] > '9') return false;
      size_t group = static_cast<size_t>(form[++i] - '0');
      while (i + 1 < form.size() && form[i + 1] >= '0' && form[i + 1] <= '9') {
        const size_t longer = group * 10 + static_cast<size_t>(form[i + 1] - '0');
        if (longer >= groups.size()) break;
        group = longer;
        ++i;
      }
      if (group < groups.size() && groups[group].data() != nullptr) {
        out->append(groups[group].data(), groups[group].size());
      }
    } else {
      out->push_back(c);
    }
  }
  return true;
}

}  // namespace

Value Regex(EvaluationEnvironment& env, FunctionArguments args) {
  if (!args[0].is_string() || !IsPlainString(args[1])) return Value::Error();
  if (args.size() > 2 && !IsPlainString(args[2])) return Value::Error();
  const re2::RE2* regex = env.Regex(args[1].text, args.size() > 2 ? args[2].text : std::string());
  if (regex == nullptr) return Value::Error();
  return Value::Boolean(re2::RE2::PartialMatch(args[0].text, *regex));
}

Value Replace(EvaluationEnvironment& env, FunctionArguments args) {
  if (!args[0].is_string() || !IsPlainString(args[1]) || !IsPlainString(args[2])) return Value::Error();
  if (args.size() > 3 && !IsPlainString(args[3])) return Value::Error();
  const std::string flags = args.size() > 3 ? args[3].text : std::string();
  const re2::RE2* regex = env.Regex(args[1].text, flags);
  if (regex == nullptr) return Value::Error();
  if (re2::RE2::PartialMatch("", *regex)) return Value::Error();  // err:FORX0003: matches the empty string.
  const bool literal = flags.find('q') != std::string::npos;
  const re2::StringPiece text(args[0].text);
  std::vector<re2::StringPiece> groups(1 + static_cast<size_t>(regex->NumberOfCapturingGroups()));
  std::string out;
  size_t at = 0;
  while (at <= text.size() &&
         regex->Match(text, at, text.size(), re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
    const size_t start = static_cast<size_t>(groups[0].data() - text.data());
    out.append(text.data() + at, start - at);
    if (literal) {
      out += args[2].text;
    } else if (!AppendReplacement(args[2].text, groups, &out)) {
      return Value::Error();
    }
    at = start + groups[0].size();
    if (groups[0].empty()) {  // Cannot happen for a match of nothing (refused above), but "\b"-like anchors must move on.
      if (at < text.size()) out.push_back(text[at]);
      ++at;
    }
  }
  if (at < text.size()) out.append(text.data() + at, text.size() - at);
  return Value::StringLike(std::move(out), args[0]);
}

}  // namespace quadraft::sparql::functions
