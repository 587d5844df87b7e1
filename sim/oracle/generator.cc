#include "sim/oracle/generator.h"

#include <algorithm>
#include <set>

#include "core/base/strings.h"

namespace quadraft::sim::oracle {
namespace {

constexpr std::string_view kXsdInteger = "<http://www.w3.org/2001/XMLSchema#integer>";

void Remember(const std::string& variable, std::vector<std::string>* names) {
  if (std::find(names->begin(), names->end(), variable) == names->end()) names->push_back(variable);
}

}  // namespace

std::string Generator::Iri(std::string_view kind, uint64_t number) const {
  return StrCat("<", options_.prefix, kind, number, ">");
}

// IRIs that are subjects too, and literals of every shape: inline and not, of one value and several
// spellings.
std::string Generator::Object() {
  switch (random_.Below(12)) {
    case 0 ... 4:
      return Subject();
    case 5 ... 7:
      return StrCat(random_.Below(6));
    case 8:
      return StrCat("\"", static_cast<char>('a' + random_.Below(3)), "\"");
    case 9:
      return random_.OneIn(2) ? "\"a\"@en" : "\"b\"@fr";
    case 10:
      return random_.OneIn(2) ? "1.5" : StrCat("\"0", random_.Below(3), "\"^^", kXsdInteger);
    default:
      return random_.OneIn(3)   ? "true"
             : random_.OneIn(2) ? "1.0E0"
                                : "\"a text that does not fit into an id\"";
  }
}

std::string Generator::Variable() { return StrCat("?", static_cast<char>('a' + random_.Below(5))); }

std::string Generator::Known(const Names& names) {
  return names.empty() ? Variable() : names[random_.Below(names.size())];
}

std::string Generator::Triple(Names* names) {
  // Mostly joined to what is there: a product of everything shows little and costs much.
  const std::string subject =
      random_.OneIn(5) ? Subject()
                       : (names->empty() || random_.OneIn(6) ? Variable() : Known(*names));
  std::string predicate = random_.OneIn(6) ? Variable() : Predicate();
  if (random_.OneIn(8)) predicate = Path(2);
  const std::string object = random_.OneIn(5) ? Object() : Variable();
  for (const std::string& slot : {subject, predicate, object}) {
    if (slot.starts_with('?')) Remember(slot, names);
  }
  return StrCat(subject, " ", predicate, " ", object, " . ");
}

std::string Generator::Path(int depth) {
  if (depth == 0 || random_.OneIn(3)) return Predicate();
  const std::string inner = Path(depth - 1);
  switch (random_.Below(7)) {
    case 0:
      return StrCat("(", inner, "/", Path(depth - 1), ")");
    case 1:
      return StrCat("(", inner, "|", Path(depth - 1), ")");
    case 2:
      return StrCat("(^", inner, ")");
    case 3:
      return StrCat("(", inner, ")*");
    case 4:
      return StrCat("(", inner, ")+");
    case 5:
      return StrCat("(", inner, ")?");
    default:
      return random_.OneIn(2) ? Text{"!(", Predicate(), "|^", Predicate(), ")"}.text
                              : StrCat("!", Predicate());
  }
}

std::string Generator::Basic(int triples, Names* names) {
  std::string text;
  for (int i = 0; i < triples; ++i) text += Triple(names);
  return text;
}

std::string Generator::Group(int depth, bool in_graph, Names* names) {
  std::string text = Basic(1 + static_cast<int>(random_.Below(2)), names);
  if (!in_graph && random_.OneIn(4)) {
    text = Text{"GRAPH ", random_.OneIn(2) ? "?g" : GraphName(), " { ", text, "} "}.text;
    if (text.find("?g ") != std::string::npos) Remember("?g", names);
  }
  for (uint64_t i = random_.Below(3); i > 0; --i) text += Element(depth, in_graph, names);
  return text;
}

std::string Generator::Element(int depth, bool in_graph, Names* names) {
  switch (random_.Below(depth > 0 ? 13 : 6)) {
    case 0 ... 1:
      return StrCat("FILTER(", Condition(2, *names), ") ");
    case 2: {
      Names inner = *names;
      return Text{"FILTER ", random_.OneIn(2) ? "NOT " : "", "EXISTS { ", Basic(1, &inner), "} "}
          .text;
    }
    case 3: {
      const std::string fresh = StrCat("?z", ++fresh_);
      const std::string text = StrCat("BIND(", Value(2, *names), " AS ", fresh, ") ");
      names->push_back(fresh);
      return text;
    }
    case 4: {
      const std::string variable = Known(*names);
      std::string text = StrCat("VALUES ", variable, " { ");
      for (uint64_t i = 1 + random_.Below(4); i > 0; --i) StrAppend(&text, Object(), " ");
      Remember(variable, names);
      return text + "} ";
    }
    case 5:
      if (in_graph) return Triple(names);
      Remember("?g", names);
      return StrCat("GRAPH ?g { ", Triple(names), "} ");
    case 6 ... 8: {
      std::string text = StrCat("OPTIONAL { ", Group(depth - 1, in_graph, names));
      if (random_.OneIn(3)) StrAppend(&text, "FILTER(", Condition(1, *names), ") ");
      return text + "} ";
    }
    case 9: {
      const std::string left = Group(depth - 1, in_graph, names);
      return StrCat("{ ", left, "} UNION { ", Group(depth - 1, in_graph, names), "} ");
    }
    case 10: {
      Names inner = *names;
      return StrCat("MINUS { ", Group(0, in_graph, &inner), "} ");
    }
    case 11:
      return StrCat("{ ", Group(depth - 1, in_graph, names), "} ");
    default:
      return SubSelect(in_graph, names);
  }
}

std::string Generator::SubSelect(bool in_graph, Names* names) {
  Names inner;
  const std::string body = Group(0, in_graph, &inner);
  if (inner.empty()) return "";
  const std::string key = Known(inner);
  Remember(key, names);
  if (random_.OneIn(2)) return StrCat("{ SELECT DISTINCT ", key, " WHERE { ", body, "} } ");
  const std::string count = StrCat("?z", ++fresh_);
  names->push_back(count);
  return StrCat("{ SELECT ", key, " (COUNT(*) AS ", count, ") WHERE { ", body, "} GROUP BY ", key,
                " } ");
}

std::string Generator::Condition(int depth, const Names& names) {
  const std::string variable = Known(names);
  if (depth > 0 && random_.OneIn(4)) {
    const std::string a = Condition(depth - 1, names);
    if (random_.OneIn(3)) return StrCat("!(", a, ")");
    return Text{"(", a, random_.OneIn(2) ? " && " : " || ", Condition(depth - 1, names), ")"}.text;
  }
  switch (random_.Below(12)) {
    case 0 ... 1:
      return Text{variable,
                  random_.OneIn(2) ? " = " : " != ", random_.OneIn(2) ? Known(names) : Object()}
          .text;
    case 2 ... 3: {
      constexpr std::string_view kOperators[] = {" < ", " > ", " <= ", " >= "};
      return Text{variable, kOperators[random_.Below(4)],
                  random_.OneIn(3) ? Known(names) : StrCat(random_.Below(5))}
          .text;
    }
    case 4:
      return StrCat(random_.OneIn(2) ? "!" : "", "BOUND(", variable, ")");
    case 5: {
      constexpr std::string_view kTests[] = {"isIRI", "isLiteral", "isBlank", "isNumeric"};
      return StrCat(kTests[random_.Below(4)], "(", variable, ")");
    }
    case 6: {
      constexpr std::string_view kPatterns[] = {"[0-3]$", "^a", "s.$", "t+", "^urn", "B"};
      return Text{"REGEX(STR(", variable,
                  "), \"",      kPatterns[random_.Below(6)],
                  "\"",         random_.OneIn(3) ? ", \"i\"" : "",
                  ")"}
          .text;
    }
    case 7:
      return Text{variable, random_.OneIn(3) ? " NOT" : "", " IN (", Object(), ", ", Object(), ")"}
          .text;
    case 8:
      return StrCat("LANG(", variable, ") = \"", random_.OneIn(2) ? "en" : "", "\"");
    case 9:
      return StrCat("DATATYPE(", variable, ") = ", kXsdInteger);
    case 10:
      return StrCat("sameTerm(", variable, ", ", Known(names), ")");
    default:
      return Text{Value(1, names), random_.OneIn(2) ? " = " : " < ", Value(1, names)}.text;
  }
}

std::string Generator::Value(int depth, const Names& names) {
  const std::string variable = Known(names);
  switch (random_.Below(depth > 0 ? 12 : 3)) {
    case 0:
      return variable;
    case 1:
      return StrCat(random_.Below(4));
    case 2:
      return StrCat("STR(", variable, ")");
    case 3:
      return Text{"(", variable, random_.OneIn(2) ? " + " : " - ", Value(depth - 1, names), ")"}
          .text;
    case 4:
      return StrCat("(", variable, " * ", Value(depth - 1, names), ")");
    case 5:
      return StrCat("STRLEN(STR(", variable, "))");
    case 6:
      return StrCat("CONCAT(STR(", variable, "), \"-\", STR(", Known(names), "))");
    case 7:
      return Text{"IF(", Condition(0, names),     ", ", Value(depth - 1, names),
                  ", ",  Value(depth - 1, names), ")"}
          .text;
    case 8:
      return StrCat("COALESCE(", variable, ", ", Value(depth - 1, names), ")");
    case 9:
      return StrCat(random_.OneIn(2) ? "UCASE" : "LCASE", "(STR(", variable, "))");
    case 10:
      return StrCat(random_.OneIn(2) ? "ABS(" : "-(", variable, ")");
    default:
      return StrCat("STRAFTER(STR(", variable, "), \":\")");
  }
}

std::string Generator::List(const Names& names) {
  std::string text;
  for (const std::string& name : names) StrAppend(&text, name, " ");
  return text;
}

// Graph 0 as the default graph, the others by name.
std::string Generator::From(std::string_view word) {
  if (!options_.isolated && !(word == "FROM" && random_.OneIn(10))) return "";
  std::string text = StrCat(word, " ", Iri("g", 0), " ");
  for (int i = 1; i < options_.graphs; ++i) {
    StrAppend(&text, word, " NAMED ", Iri("g", static_cast<uint64_t>(i)), " ");
  }
  return text;
}

std::string Generator::Query() {
  fresh_ = 0;
  const uint64_t kind = random_.Below(10);
  if (kind == 0) {
    Names names;
    return Text{"ASK ", From("FROM"), "WHERE { ", Group(options_.depth, false, &names), "}"}.text;
  }
  return kind <= 2 ? Grouped() : Select();
}

std::string Generator::Select() {
  Names names, shown;
  const std::string body = Group(options_.depth, false, &names);
  for (const std::string& name : names) {
    if (!random_.OneIn(4)) shown.push_back(name);
  }
  const bool star = shown.empty() || random_.OneIn(5);
  std::string text = Text{"SELECT ",
                          random_.OneIn(3) ? "DISTINCT " : "",
                          star ? "* " : List(shown),
                          From("FROM"),
                          "WHERE { ",
                          body,
                          "}"}
                         .text;
  if (star || !random_.OneIn(3)) return text;
  text += " ORDER BY";
  // By text: section 15.1 leaves open how a number stands to a string.
  for (const std::string& name : shown)
    StrAppend(&text, random_.OneIn(3) ? " DESC" : " ASC", "(STR(", name, "))");
  if (random_.OneIn(2)) StrAppend(&text, " LIMIT ", 1 + random_.Below(6));
  if (random_.OneIn(5)) StrAppend(&text, " OFFSET ", random_.Below(4));
  return text;
}

std::string Generator::Grouped() {
  Names names;
  const std::string body = Group(1, false, &names);
  if (names.empty()) names.push_back("?a");
  const std::string key = Known(names);
  const bool keyed = !random_.OneIn(3);
  constexpr std::string_view kAggregates[] = {"COUNT", "SUM", "MIN", "MAX", "AVG", "COUNT"};
  std::string text = StrCat("SELECT ", keyed ? key : "", " ");
  for (uint64_t i = 1 + random_.Below(2); i > 0; --i) {
    text += Text{"(",          kAggregates[random_.Below(6)],
                 "(",          random_.OneIn(3) ? "DISTINCT " : "",
                 Known(names), ") AS ?z",
                 ++fresh_,     ") "}
                .text;
  }
  StrAppend(&text, "(COUNT(*) AS ?n) ", From("FROM"), "WHERE { ", body, "}");
  if (keyed) StrAppend(&text, " GROUP BY ", key);
  if (random_.OneIn(4)) StrAppend(&text, " HAVING (COUNT(*) > ", random_.Below(3), ")");
  return text;
}

}  // namespace quadraft::sim::oracle
