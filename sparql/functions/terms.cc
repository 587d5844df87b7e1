// Tests and parts of terms, and constructors of terms (sections 17.4.2 and 17.4.3.13).
#include <string>
#include <string_view>

#include "core/rdf/iri.h"
#include "sparql/functions/registry.h"

namespace quadraft::sparql::functions {

namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

std::string RandomUuid(Random& random) {
  uint64_t high = random.Next(), low = random.Next();
  high = (high & ~uint64_t{0xf000}) | 0x4000;                                  // Version 4.
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);                    // Variant 1.
  std::string bytes;
  for (int i = 7; i >= 0; --i) bytes.push_back(static_cast<char>(high >> (8 * i)));
  for (int i = 7; i >= 0; --i) bytes.push_back(static_cast<char>(low >> (8 * i)));
  std::string hex = HexEncode(bytes);
  for (const size_t place : {20, 16, 12, 8}) hex.insert(place, 1, '-');
  return hex;
}

}  // namespace

Value Str(EvaluationEnvironment&, FunctionArguments args) {
  if (args[0].kind == ValueKind::kBlank) return Value::Error();
  return Value::String(LexicalForm(args[0]));
}

Value Lang(EvaluationEnvironment&, FunctionArguments args) {
  if (!args[0].is_literal()) return Value::Error();
  return Value::String(args[0].kind == ValueKind::kLangString ? args[0].extra : std::string());
}

Value Datatype(EvaluationEnvironment&, FunctionArguments args) {
  return args[0].is_literal() ? Value::Iri(DatatypeOf(args[0])) : Value::Error();
}

Value IsIri(EvaluationEnvironment&, FunctionArguments args) {
  return Value::Boolean(args[0].kind == ValueKind::kIri);
}
Value IsBlank(EvaluationEnvironment&, FunctionArguments args) {
  return Value::Boolean(args[0].kind == ValueKind::kBlank);
}
Value IsLiteral(EvaluationEnvironment&, FunctionArguments args) {
  return Value::Boolean(args[0].is_literal());
}
Value IsNumeric(EvaluationEnvironment&, FunctionArguments args) {
  return Value::Boolean(args[0].is_numeric());
}

Value LangMatches(EvaluationEnvironment&, FunctionArguments args) {
  if (args[0].kind != ValueKind::kString || args[1].kind != ValueKind::kString) return Value::Error();
  const std::string_view tag = args[0].text, range = args[1].text;
  if (range == "*") return Value::Boolean(!tag.empty());
  // Basic filtering, RFC 4647 section 3.3.1.
  const bool prefix = tag.size() > range.size() && tag[range.size()] == '-' &&
                      EqualIgnoringCase(tag.substr(0, range.size()), range);
  return Value::Boolean(EqualIgnoringCase(tag, range) || prefix);
}

// The optional second argument is the base IRI, which the parser adds when the query has one.
Value Iri(EvaluationEnvironment& env, FunctionArguments args) {
  if (args[0].kind == ValueKind::kIri) return args[0];
  if (args[0].kind != ValueKind::kString || rdf::FindForbiddenInIri(args[0].text) != std::string::npos) return Value::Error();
  if (rdf::IsAbsoluteIri(args[0].text)) return Value::Iri(args[0].text);
  if (args.size() < 2) return Value::Error();  // Relative, and there is no base to resolve it against.
  return Value::Iri(rdf::ResolveIri(args[1].text, args[0].text));
}

Value BNode(EvaluationEnvironment& env, FunctionArguments args) {
  if (args.empty()) return Value::Blank(env.context().NewBlankLabel());
  if (args[0].kind != ValueKind::kString) return Value::Error();
  return Value::Blank(env.BlankLabelFor(args[0].text));
}

Value StrDt(EvaluationEnvironment&, FunctionArguments args) {
  if (args[0].kind != ValueKind::kString || args[1].kind != ValueKind::kIri) return Value::Error();
  if (args[1].text == rdf::kRdfLangString) return Value::Error();  // Has no value without a tag.
  return ValueFromTerm(rdf::Term::Literal(args[0].text, args[1].text));
}

Value StrLang(EvaluationEnvironment&, FunctionArguments args) {
  if (args[0].kind != ValueKind::kString || args[1].kind != ValueKind::kString || args[1].text.empty()) {
    return Value::Error();
  }
  return ValueFromTerm(rdf::Term::Literal(args[0].text, {}, args[1].text));
}

Value Uuid(EvaluationEnvironment& env, FunctionArguments) {
  return Value::Iri(StrCat("urn:uuid:", RandomUuid(env.context().random())));
}

Value StrUuid(EvaluationEnvironment& env, FunctionArguments) {
  return Value::String(RandomUuid(env.context().random()));
}

}  // namespace quadraft::sparql::functions
