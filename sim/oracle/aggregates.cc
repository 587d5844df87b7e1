// Grouping and the set functions (SPARQL 1.1 Query, sections 11 and 18.5.1).
#include <map>
#include <set>

#include "core/base/strings.h"
#include "sim/oracle/evaluator.h"
#include "sim/oracle/number.h"
#include "sim/oracle/terms.h"

namespace quadraft::sim::oracle {

using rdf::Term;
using sparql::Expression;

namespace {

std::optional<Term> Sum(const std::vector<Term>& values) {
  std::optional<Number> sum = Number::Integer(0);
  for (const Term& value : values) {
    const auto number = ParseNumber(value);
    sum = number && sum ? Add(*sum, *number) : std::nullopt;
  }
  return sum ? std::optional<Term>(ToTerm(*sum)) : std::nullopt;
}

std::optional<Term> Average(const std::vector<Term>& values) {
  if (values.empty()) return ToTerm(Number::Integer(0));
  const auto sum = Sum(values);
  if (!sum) return std::nullopt;
  const auto quotient =
      Divide(*ParseNumber(*sum), Number::Integer(static_cast<__int128>(values.size())));
  return quotient ? std::optional<Term>(ToTerm(*quotient)) : std::nullopt;
}

std::string Joined(const std::vector<Term>& values, const std::string& separator) {
  std::string text;
  for (const Term& value : values)
    StrAppend(&text, &value == &values.front() ? "" : separator, value.value);
  return text;
}

}  // namespace

Solutions Evaluator::Group(const sparql::Pattern& pattern, const Context& context) {
  std::map<std::vector<std::optional<Term>>, Solutions> groups;
  if (pattern.group_keys.empty()) groups[{}];  // One group, even of nothing.
  for (Solution& row : Eval(*pattern.children[0], context)) {
    std::vector<std::optional<Term>> key;
    for (const sparql::Var variable : pattern.group_keys) {
      const Term* term = row[variable.index];
      key.push_back(term == nullptr ? std::nullopt : std::optional<Term>(*term));
    }
    groups[key].push_back(std::move(row));
  }
  Solutions out;
  for (const auto& [key, group] : groups) {
    Solution row = Empty();
    for (size_t i = 0; i < key.size(); ++i) {
      if (key[i]) row[pattern.group_keys[i].index] = Keep(*key[i]);
    }
    for (const auto& [variable, expression] : pattern.aggregates) {
      auto value = Aggregate(*expression, group, context);
      if (value) row[variable.index] = Keep(*std::move(value));
    }
    out.push_back(std::move(row));
  }
  return out;
}

std::optional<Term> Evaluator::Aggregate(const Expression& e, const Solutions& group,
                                         const Context& context) {
  if (e.args.empty()) {  // COUNT(*)
    if (!e.distinct) return ToTerm(Number::Integer(static_cast<__int128>(group.size())));
    std::set<std::vector<std::optional<Term>>> rows;
    for (const Solution& row : group) {
      std::vector<std::optional<Term>> values;
      for (const Term* term : row)
        values.push_back(term == nullptr ? std::nullopt : std::optional<Term>(*term));
      rows.insert(std::move(values));
    }
    return ToTerm(Number::Integer(static_cast<__int128>(rows.size())));
  }
  std::vector<Term> values;
  std::set<Term> seen;
  bool error = false;
  for (const Solution& row : group) {
    auto value = Value(*e.args[0], row, context);
    error = error || !value;
    if (value && (!e.distinct || seen.insert(*value).second)) values.push_back(*std::move(value));
  }
  if (e.function == "COUNT") return ToTerm(Number::Integer(static_cast<__int128>(values.size())));
  if (e.function == "SAMPLE") {
    for (const Term& value : values) {
      if (value != values[0]) Beyond("SAMPLE of different values");
    }
    return values.empty() ? std::nullopt : std::optional<Term>(values[0]);
  }
  if (error) return std::nullopt;
  if (e.function == "SUM") return Sum(values);
  if (e.function == "AVG") return Average(values);
  if (e.function == "GROUP_CONCAT") {
    for (const Term& value : values) {
      if (value.is_blank()) return std::nullopt;
      if (value != values[0]) Beyond("GROUP_CONCAT of different values");  // In any order.
    }
    return Term::Literal(Joined(values, e.separator));
  }
  if (e.function != "MIN" && e.function != "MAX") {
    Beyond(StrCat("the aggregate ", e.function));
    return std::nullopt;
  }
  std::optional<Term> best;
  for (const Term& value : values) {
    const int order = best ? CompareForOrder(&value, &*best) : 0;
    if (best && order == 0 && value != *best)
      Beyond(StrCat(e.function, " of values without an order"));
    if (!best || (e.function == "MIN" ? order < 0 : order > 0)) best = value;
  }
  return best;
}

}  // namespace quadraft::sim::oracle
