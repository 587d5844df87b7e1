// Dates and times (section 17.4.5).
#include <cstdlib>
#include <string>

#include "sparql/functions/registry.h"

namespace quadraft::sparql::functions {

namespace {

bool HasDate(const Value& value) { return value.kind == ValueKind::kDateTime || value.kind == ValueKind::kDate; }

Value Field(const Value& value, int64_t number, bool date_suffices) {
  if (value.kind == ValueKind::kDateTime || (date_suffices && HasDate(value))) return Value::Integer(number);
  return Value::Error();
}

const DateTime& Parts(const Value& value) {
  static const DateTime kNone;
  return HasDate(value) ? value.datetime() : kNone;
}

}  // namespace

Value Now(EvaluationEnvironment& env, FunctionArguments) {
  return Value::FromDateTime(DateTime::FromWallTime(env.context().now()));
}

// xsd:date is accepted where XPath has the same function for it (fn:year-from-date and so on).
Value Year(EvaluationEnvironment&, FunctionArguments args) { return Field(args[0], Parts(args[0]).year, true); }
Value Month(EvaluationEnvironment&, FunctionArguments args) { return Field(args[0], Parts(args[0]).month, true); }
Value Day(EvaluationEnvironment&, FunctionArguments args) { return Field(args[0], Parts(args[0]).day, true); }
Value Hours(EvaluationEnvironment&, FunctionArguments args) { return Field(args[0], Parts(args[0]).hour, false); }
Value Minutes(EvaluationEnvironment&, FunctionArguments args) {
  return Field(args[0], Parts(args[0]).minute, false);
}

Value Seconds(EvaluationEnvironment&, FunctionArguments args) {
  if (args[0].kind != ValueKind::kDateTime) return Value::Error();
  const DateTime& time = args[0].datetime();
  const Int128 nanoseconds = Int128{time.second} * 1'000'000'000 + time.nanosecond;
  return Value::DecimalNumber(Decimal::Normalized(nanoseconds, 9));
}

// As xsd:dayTimeDuration: "-PT5H", "PT0S", "PT1H30M".
Value Timezone(EvaluationEnvironment&, FunctionArguments args) {
  if (!HasDate(args[0]) || !args[0].datetime().zone_minutes) return Value::Error();
  const int minutes = *args[0].datetime().zone_minutes;
  std::string text = minutes < 0 ? "-PT" : "PT";
  const int hours = std::abs(minutes) / 60, rest = std::abs(minutes) % 60;
  if (hours != 0) StrAppend(&text, hours, 'H');
  if (rest != 0) StrAppend(&text, rest, 'M');
  if (minutes == 0) text += "0S";
  return ValueFromTerm(rdf::Term::Literal(text, "http://www.w3.org/2001/XMLSchema#dayTimeDuration"));
}

Value Tz(EvaluationEnvironment&, FunctionArguments args) {
  return HasDate(args[0]) ? Value::String(args[0].datetime().ZoneString()) : Value::Error();
}

}  // namespace quadraft::sparql::functions
