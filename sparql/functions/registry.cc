#include "sparql/functions/registry.h"


namespace quadraft::sparql {

namespace {

using namespace functions;  // NOLINT: the table names each evaluator once.

constexpr std::string_view kXpathCast = "17.5";

constexpr FunctionRow kFunctions[] = {
    // Functional forms, 17.4.1: evaluated by expression.cc.
    {"BOUND", 1, 1, true, "17.4.1.1", nullptr},
    {"IF", 3, 3, true, "17.4.1.2", nullptr},
    {"COALESCE", 0, kAnyArity, true, "17.4.1.3", nullptr},
    {"SAMETERM", 2, 2, true, "17.4.1.8", nullptr},
    // Terms, 17.4.2.
    {"ISIRI", 1, 1, true, "17.4.2.1", IsIri},
    {"ISURI", 1, 1, true, "17.4.2.1", IsIri},
    {"ISBLANK", 1, 1, true, "17.4.2.2", IsBlank},
    {"ISLITERAL", 1, 1, true, "17.4.2.3", IsLiteral},
    {"ISNUMERIC", 1, 1, true, "17.4.2.4", IsNumeric},
    {"STR", 1, 1, true, "17.4.2.5", Str},
    {"LANG", 1, 1, true, "17.4.2.6", Lang},
    {"DATATYPE", 1, 1, true, "17.4.2.7", Datatype},
    {"IRI", 1, 2, true, "17.4.2.8", Iri},
    {"URI", 1, 2, true, "17.4.2.8", Iri},
    {"BNODE", 0, 1, false, "17.4.2.9", BNode},
    {"STRDT", 2, 2, true, "17.4.2.10", StrDt},
    {"STRLANG", 2, 2, true, "17.4.2.11", StrLang},
    {"UUID", 0, 0, false, "17.4.2.12", Uuid},
    {"STRUUID", 0, 0, false, "17.4.2.13", StrUuid},
    // Strings, 17.4.3.
    {"STRLEN", 1, 1, true, "17.4.3.2", StrLen},
    {"SUBSTR", 2, 3, true, "17.4.3.3", SubStr},
    {"UCASE", 1, 1, true, "17.4.3.4", UCase},
    {"LCASE", 1, 1, true, "17.4.3.5", LCase},
    {"STRSTARTS", 2, 2, true, "17.4.3.6", StrStarts},
    {"STRENDS", 2, 2, true, "17.4.3.7", StrEnds},
    {"CONTAINS", 2, 2, true, "17.4.3.8", Contains},
    {"STRBEFORE", 2, 2, true, "17.4.3.9", StrBefore},
    {"STRAFTER", 2, 2, true, "17.4.3.10", StrAfter},
    {"ENCODE_FOR_URI", 1, 1, true, "17.4.3.11", EncodeForUri},
    {"CONCAT", 0, kAnyArity, true, "17.4.3.12", Concat},
    {"LANGMATCHES", 2, 2, true, "17.4.3.13", LangMatches},
    {"REGEX", 2, 3, true, "17.4.3.14", Regex},
    {"REPLACE", 3, 4, true, "17.4.3.15", Replace},
    // Numbers, 17.4.4.
    {"ABS", 1, 1, true, "17.4.4.1", Abs},
    {"ROUND", 1, 1, true, "17.4.4.2", Round},
    {"CEIL", 1, 1, true, "17.4.4.3", CeilOf},
    {"FLOOR", 1, 1, true, "17.4.4.4", FloorOf},
    {"RAND", 0, 0, false, "17.4.4.5", Rand},
    // Dates and times, 17.4.5.
    {"NOW", 0, 0, true, "17.4.5.1", Now},
    {"YEAR", 1, 1, true, "17.4.5.2", Year},
    {"MONTH", 1, 1, true, "17.4.5.3", Month},
    {"DAY", 1, 1, true, "17.4.5.4", Day},
    {"HOURS", 1, 1, true, "17.4.5.5", Hours},
    {"MINUTES", 1, 1, true, "17.4.5.6", Minutes},
    {"SECONDS", 1, 1, true, "17.4.5.7", Seconds},
    {"TIMEZONE", 1, 1, true, "17.4.5.8", Timezone},
    {"TZ", 1, 1, true, "17.4.5.9", Tz},
    // Hashes, 17.4.6.
    {"MD5", 1, 1, true, "17.4.6.1", Md5},
    {"SHA1", 1, 1, true, "17.4.6.2", Sha1},
    {"SHA256", 1, 1, true, "17.4.6.3", Sha256},
    {"SHA384", 1, 1, true, "17.4.6.4", Sha384},
    {"SHA512", 1, 1, true, "17.4.6.5", Sha512},
    // Casts, 17.5.
    {"http://www.w3.org/2001/XMLSchema#boolean", 1, 1, true, kXpathCast, CastBoolean},
    {"http://www.w3.org/2001/XMLSchema#integer", 1, 1, true, kXpathCast, CastInteger},
    {"http://www.w3.org/2001/XMLSchema#decimal", 1, 1, true, kXpathCast, CastDecimal},
    {"http://www.w3.org/2001/XMLSchema#float", 1, 1, true, kXpathCast, CastFloat},
    {"http://www.w3.org/2001/XMLSchema#double", 1, 1, true, kXpathCast, CastDouble},
    {"http://www.w3.org/2001/XMLSchema#string", 1, 1, true, kXpathCast, CastString},
    {"http://www.w3.org/2001/XMLSchema#dateTime", 1, 1, true, kXpathCast, CastDateTime},
    {"http://www.w3.org/2001/XMLSchema#date", 1, 1, true, kXpathCast, CastDate},
};

}  // namespace

std::span<const FunctionRow> FunctionTable() { return kFunctions; }

const FunctionRow* FindFunction(std::string_view name) {
  // Some seventy rows, looked up once per call site while a query is planned: a scan is enough.
  for (const FunctionRow& row : kFunctions) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace quadraft::sparql
