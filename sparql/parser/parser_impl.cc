#include "sparql/parser/parser_impl.h"

#include "core/base/check.h"
#include "core/rdf/iri.h"

namespace quadraft::sparql {

PatternPtr MakePattern(PatternKind kind, PatternPtr first, PatternPtr second) {
  auto pattern = std::make_unique<Pattern>();
  pattern->kind = kind;
  if (first != nullptr) pattern->children.push_back(std::move(first));
  if (second != nullptr) pattern->children.push_back(std::move(second));
  return pattern;
}

ExpressionPtr MakeExpression(ExpressionKind kind, ExpressionPtr first, ExpressionPtr second) {
  auto expression = std::make_unique<Expression>();
  expression->kind = kind;
  if (first != nullptr) expression->args.push_back(std::move(first));
  if (second != nullptr) expression->args.push_back(std::move(second));
  return expression;
}

ExpressionPtr MakeVariable(Var variable) {
  auto expression = MakeExpression(ExpressionKind::kVariable);
  expression->variable = variable;
  return expression;
}

ExpressionPtr Conjunction(std::vector<ExpressionPtr> conditions) {
  if (conditions.empty()) return nullptr;
  if (conditions.size() == 1) return std::move(conditions[0]);
  auto conjunction = MakeExpression(ExpressionKind::kAnd);
  conjunction->args = std::move(conditions);
  return conjunction;
}

Parser::Parser(const Source* source, const ParseOptions& options)
    : source_(source),
      options_(options),
      tokens_(source->text()),
      base_(options.base),
      term_bytes_left_(kTermBytesMax + kTermBytesPerTextByteMax * source->text().size()) {
  Advance();
}

Status Parser::Deepen() {
  if (++depth_ <= kNestingMax) return OkStatus();
  return ErrorAt(token_.begin,
                 StrCat("found nesting deeper than ", kNestingMax, " levels, expected less"));
}

Status Parser::Spend(size_t bytes) {
  if (bytes > term_bytes_left_) {
    return ResourceExhausted(source_->Where(token_.begin),
                             ": the terms of this text unfold to more than ", kTermBytesMax,
                             " bytes and ", kTermBytesPerTextByteMax,
                             " times its length: shorten the prefixes or send it in parts");
  }
  term_bytes_left_ -= bytes;
  return OkStatus();
}

void Parser::Advance() {
  if (next_.has_value()) {
    token_ = *std::move(next_);
    next_.reset();
  } else if (token_.kind != TokenKind::kError) {
    token_ = tokens_.Next();
  }
}

const Token& Parser::PeekNext() {
  if (!next_.has_value()) {
    next_ = token_.kind == TokenKind::kError ? token_ : tokens_.Next();
  }
  return *next_;
}

bool Parser::AtPunctuation(std::string_view mark) const {
  return token_.kind == TokenKind::kPunctuation && token_.text == mark;
}
bool Parser::AtWord(std::string_view upper) const {
  return token_.kind == TokenKind::kWord && token_.text == upper;
}
bool Parser::AcceptPunctuation(std::string_view mark) {
  if (!AtPunctuation(mark)) return false;
  Advance();
  return true;
}
bool Parser::AcceptWord(std::string_view upper) {
  if (!AtWord(upper)) return false;
  Advance();
  return true;
}
Status Parser::ExpectPunctuation(std::string_view mark) {
  if (AcceptPunctuation(mark)) return OkStatus();
  return Unexpected(StrCat("'", mark, "'"));
}
Status Parser::ExpectWord(std::string_view upper) {
  if (AcceptWord(upper)) return OkStatus();
  return Unexpected(upper);
}

std::string Parser::Describe(const Token& token) const {
  constexpr size_t kShownBytesMax = 60;
  if (token.kind == TokenKind::kEnd) return "the end of the text";
  std::string_view text = source_->text().substr(token.begin, token.end - token.begin);
  if (text.size() <= kShownBytesMax) return StrCat("'", text, "'");
  text = text.substr(0, kShownBytesMax);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
    text.remove_suffix(1);
  if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0x80) text.remove_suffix(1);
  return StrCat("'", text, "...'");
}

Status Parser::Unexpected(std::string_view expected) const {
  if (token_.kind == TokenKind::kError) return ErrorAt(token_.begin, token_.text);
  return ErrorAt(token_.begin, StrCat("found ", Describe(token_), ", expected ", expected));
}

Status Parser::ErrorAt(size_t offset, std::string_view text) const {
  return InvalidArgument(source_->Where(offset), ": ", text);
}

Status Parser::ParsePrologue() {
  while (true) {
    if (AcceptWord("BASE")) {
      if (token_.kind != TokenKind::kIri) return Unexpected("an IRI in <> after BASE");
      QR_ASSIGN_OR_RETURN(base_, ResolveIriToken(token_));
      Advance();
    } else if (AcceptWord("PREFIX")) {
      if (token_.kind != TokenKind::kPrefixed || !token_.local.empty()) {
        return Unexpected("a prefix and ':' after PREFIX");
      }
      const std::string prefix = token_.text;
      Advance();
      if (token_.kind != TokenKind::kIri) return Unexpected("an IRI in <> for the prefix");
      QR_ASSIGN_OR_RETURN(prefixes_[prefix], ResolveIriToken(token_));
      Advance();
    } else {
      return OkStatus();
    }
  }
}

void Parser::ResetNames() {
  variables_.clear();
  names_.clear();
  blanks_.clear();
  internal_variables_ = 0;
}

Var Parser::NamedVariable(const std::string& name) {
  const auto [it, fresh] = names_.try_emplace(name, Var{static_cast<uint32_t>(variables_.size())});
  if (fresh) variables_.push_back(name);
  return it->second;
}

Var Parser::InternalVariable() {
  variables_.push_back(StrCat(".", internal_variables_++));
  return Var{static_cast<uint32_t>(variables_.size() - 1)};
}

StatusOr<Query> Parser::ParseQueryUnit() {
  QR_RETURN_IF_ERROR(ParsePrologue());
  StatusOr<Query> query = [&]() -> StatusOr<Query> {
    if (AtWord("SELECT")) return ParseSelectQuery();
    if (AtWord("CONSTRUCT")) return ParseConstructQuery();
    if (AtWord("DESCRIBE")) return ParseDescribeQuery();
    if (AtWord("ASK")) return ParseAskQuery();
    return Unexpected("SELECT, CONSTRUCT, DESCRIBE or ASK");
  }();
  QR_RETURN_IF_ERROR(query.status());
  if (token_.kind != TokenKind::kEnd) return Unexpected("the end of the query");
  query->variables = std::move(variables_);
  if (options_.dataset.set) query->dataset = options_.dataset;
  return query;
}

StatusOr<Update> Parser::ParseUpdateUnit() {
  Update update;
  QR_RETURN_IF_ERROR(ParsePrologue());
  while (token_.kind != TokenKind::kEnd) {
    ResetNames();
    data_labels_.clear();
    QR_ASSIGN_OR_RETURN(UpdateOperation operation, ParseOperation());
    operation.variables = std::move(variables_);
    update.operations.push_back(std::move(operation));
    used_data_labels_.insert(data_labels_.begin(), data_labels_.end());
    if (!AcceptPunctuation(";")) break;
    QR_RETURN_IF_ERROR(ParsePrologue());
  }
  if (token_.kind != TokenKind::kEnd) return Unexpected("';' or the end of the update");
  return update;
}

StatusOr<Query> ParseQuery(std::string_view text, const ParseOptions& options) {
  QR_ASSIGN_OR_RETURN(const Source source, Source::Make(text));
  return Parser(&source, options).ParseQueryUnit();
}

StatusOr<Update> ParseUpdate(std::string_view text, const ParseOptions& options) {
  QR_ASSIGN_OR_RETURN(const Source source, Source::Make(text));
  return Parser(&source, options).ParseUpdateUnit();
}

}  // namespace quadraft::sparql
