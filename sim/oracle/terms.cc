#include "sim/oracle/terms.h"

#include <cmath>

#include "sim/oracle/number.h"

namespace quadraft::sim::oracle {
namespace {

std::optional<bool> ParseBoolean(const rdf::Term& term) {
  if (term.value == "true" || term.value == "1") return true;
  if (term.value == "false" || term.value == "0") return false;
  return std::nullopt;
}

bool IsBoolean(const rdf::Term& term) {
  return term.is_literal() && term.datatype == rdf::kXsdBoolean;
}

// A literal whose value is known when it is well formed.
bool IsKnown(const rdf::Term& term) {
  return IsString(term) || IsBoolean(term) || IsNumeric(term) || !term.language.empty();
}

int Sign(int order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int Rank(const rdf::Term* term) {
  if (term == nullptr) return 0;
  return term->is_blank() ? 1 : term->is_iri() ? 2 : 3;
}

}  // namespace

rdf::Term BooleanTerm(bool value) {
  return rdf::Term::Literal(value ? "true" : "false", rdf::kXsdBoolean);
}

bool IsString(const rdf::Term& term) {
  return term.is_literal() && term.datatype.empty() && term.language.empty();
}

bool IsBeyond(const rdf::Term& term) {
  if (!term.is_literal()) return false;
  const std::string_view type = term.datatype;
  return type == rdf::kXsdDateTime || type == rdf::kXsdDate ||
         (type.starts_with(rdf::kXsd) &&
          (type.ends_with("time") || type.ends_with("uration") || type.find("#g") != type.npos));
}

std::optional<bool> EffectiveBoolean(const rdf::Term& term) {
  if (!term.is_literal()) return std::nullopt;
  if (IsBoolean(term)) return ParseBoolean(term).value_or(false);
  if (IsString(term)) return !term.value.empty();
  if (!IsNumeric(term)) return std::nullopt;
  const auto number = ParseNumber(term);
  if (!number) return false;
  if (number->exact()) return number->digits != 0;
  return number->real != 0 && !std::isnan(number->real);
}

std::optional<int> CompareValues(const rdf::Term& a, const rdf::Term& b) {
  if (IsNumeric(a) && IsNumeric(b)) {
    const auto x = ParseNumber(a), y = ParseNumber(b);
    if (!x || !y) return std::nullopt;
    return Compare(*x, *y).value_or(2);
  }
  if (IsString(a) && IsString(b)) return Sign(a.value.compare(b.value));
  if (IsBoolean(a) && IsBoolean(b)) {
    const auto x = ParseBoolean(a), y = ParseBoolean(b);
    if (!x || !y) return std::nullopt;
    return static_cast<int>(*x) - static_cast<int>(*y);
  }
  return std::nullopt;
}

std::optional<bool> Equal(const rdf::Term& a, const rdf::Term& b) {
  if (const auto order = CompareValues(a, b)) return *order == 0;
  if (a == b) return true;
  if (!a.is_literal() || !b.is_literal()) return false;
  // RDFterm-equal of two literals that are not the same term is an error, unless it is known that
  // their values differ: both of datatypes that are known, and well formed.
  if (!a.language.empty() || !b.language.empty()) return false;
  if (!IsKnown(a) || !IsKnown(b)) return std::nullopt;
  const auto ill = [](const rdf::Term& term) {
    return (IsNumeric(term) && !ParseNumber(term)) || (IsBoolean(term) && !ParseBoolean(term));
  };
  if (ill(a) || ill(b)) return std::nullopt;
  return false;
}

int CompareForOrder(const rdf::Term* a, const rdf::Term* b) {
  if (Rank(a) != Rank(b)) return Rank(a) < Rank(b) ? -1 : 1;
  if (a == nullptr || a->is_blank()) return 0;
  if (a->is_iri()) return Sign(a->value.compare(b->value));
  const auto order = CompareValues(*a, *b);
  return order && *order != 2 ? *order : 0;
}

bool SameValue(const rdf::Term& a, const rdf::Term& b) {
  if (a == b) return true;
  if (!a.is_literal() || !b.is_literal() || a.datatype != b.datatype) return false;
  const auto x = ParseNumber(a), y = ParseNumber(b);
  if (!x || !y) return false;
  if (x->type == NumberType::kInteger) return Compare(*x, *y) == 0;
  const double u = x->ToDouble(), v = y->ToDouble();
  return u == v || (std::isnan(u) && std::isnan(v)) ||
         std::abs(u - v) <= 1e-9 * std::max(std::abs(u), std::abs(v));
}

}  // namespace quadraft::sim::oracle
