#include "sparql/algebra/print.h"

#include <map>

#include "core/base/strings.h"

namespace quadraft::sparql {
namespace {

std::string_view OperatorName(ExpressionKind kind) {
  switch (kind) {
    case ExpressionKind::kOr:
      return "||";
    case ExpressionKind::kAnd:
      return "&&";
    case ExpressionKind::kNot:
      return "!";
    case ExpressionKind::kEqual:
      return "=";
    case ExpressionKind::kNotEqual:
      return "!=";
    case ExpressionKind::kLess:
      return "<";
    case ExpressionKind::kGreater:
      return ">";
    case ExpressionKind::kLessEqual:
      return "<=";
    case ExpressionKind::kGreaterEqual:
      return ">=";
    case ExpressionKind::kIn:
      return "in";
    case ExpressionKind::kNotIn:
      return "not-in";
    case ExpressionKind::kAdd:
      return "+";
    case ExpressionKind::kSubtract:
      return "-";
    case ExpressionKind::kMultiply:
      return "*";
    case ExpressionKind::kDivide:
      return "/";
    case ExpressionKind::kNegate:
      return "negate";
    case ExpressionKind::kUnaryPlus:
      return "plus";
    case ExpressionKind::kExists:
      return "exists";
    case ExpressionKind::kNotExists:
      return "not-exists";
    default:
      return "";
  }
}

std::string_view PatternName(PatternKind kind) {
  switch (kind) {
    case PatternKind::kBasic:
      return "basic";
    case PatternKind::kJoin:
      return "join";
    case PatternKind::kLeftJoin:
      return "left-join";
    case PatternKind::kUnion:
      return "union";
    case PatternKind::kMinus:
      return "minus";
    case PatternKind::kFilter:
      return "filter";
    case PatternKind::kExtend:
      return "extend";
    case PatternKind::kGraph:
      return "graph";
    case PatternKind::kValues:
      return "values";
    case PatternKind::kGroup:
      return "group";
    case PatternKind::kOrderBy:
      return "order-by";
    case PatternKind::kProject:
      return "project";
    case PatternKind::kDistinct:
      return "distinct";
    case PatternKind::kReduced:
      return "reduced";
    case PatternKind::kSlice:
      return "slice";
    case PatternKind::kService:
      return "service";
  }
  return "unknown";
}

void AppendQuoted(std::string* out, std::string_view text) {
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        out->push_back(c);
    }
  }
  out->push_back('"');
}

class Printer {
 public:
  explicit Printer(const std::vector<std::string>& variables) : variables_(variables) {
    std::map<std::string, size_t> first;
    for (size_t i = 0; i < variables.size(); ++i) {
      numbered_.push_back(!first.try_emplace(variables[i], i).second);
    }
  }

  std::string Name(Var variable) const {
    std::string name = StrCat("?", variables_[variable.index]);
    if (numbered_[variable.index]) StrAppend(&name, "#", variable.index);
    return name;
  }
  std::string Position(const VarOrTerm& position) const {
    const Var* variable = std::get_if<Var>(&position);
    return variable != nullptr ? Name(*variable) : Print(std::get<rdf::Term>(position));
  }
  std::string Names(const std::vector<Var>& variables) const {
    std::string names;
    for (const Var variable : variables) StrAppend(&names, " ", Name(variable));
    return names;
  }
  std::string Template(const QuadTemplate& quad) const {
    std::string text =
        StrCat(Position(quad.subject), " ", Position(quad.predicate), " ", Position(quad.object));
    const auto* graph = std::get_if<rdf::Term>(&quad.graph);
    if (graph == nullptr || !graph->is_default_graph())
      StrAppend(&text, " @ ", Position(quad.graph));
    return text;
  }

  // EXISTS patterns follow their line, deeper by one.
  std::string Text(const Expression& expression, std::vector<const Pattern*>* exists) const;
  void Append(std::string* out, const Pattern& pattern, int depth) const;

 private:
  void AppendLine(std::string* out, int depth, std::string_view text,
                  const std::vector<const Pattern*>& exists = {}) const;
  std::string Details(const Pattern& pattern, std::vector<const Pattern*>* exists) const;
  std::string Triple(const TriplePattern& triple) const;

  const std::vector<std::string>& variables_;
  std::vector<bool> numbered_;  // Not the first variable of its name.
};

std::string Printer::Text(const Expression& expression, std::vector<const Pattern*>* exists) const {
  std::string head;
  switch (expression.kind) {
    case ExpressionKind::kTerm:
      return Print(expression.term);
    case ExpressionKind::kVariable:
      return Name(expression.variable);
    case ExpressionKind::kExists:
    case ExpressionKind::kNotExists:
      exists->push_back(expression.pattern.get());
      return StrCat("(", OperatorName(expression.kind), ")");
    case ExpressionKind::kFunction:
    case ExpressionKind::kAggregate:
      head = expression.function;
      break;
    default:
      head = OperatorName(expression.kind);
  }
  std::string text = StrCat("(", head);
  if (expression.distinct) text += " distinct";
  if (expression.kind == ExpressionKind::kAggregate && expression.args.empty()) text += " *";
  for (const auto& arg : expression.args) StrAppend(&text, " ", Text(*arg, exists));
  if (expression.kind == ExpressionKind::kAggregate && expression.function == "GROUP_CONCAT") {
    text += " separator ";
    AppendQuoted(&text, expression.separator);
  }
  return text + ")";
}

std::string Printer::Triple(const TriplePattern& triple) const {
  const std::string predicate =
      triple.path != nullptr ? StrCat("path ", Print(*triple.path)) : Position(triple.predicate);
  return StrCat(Position(triple.subject), " ", predicate, " ", Position(triple.object));
}

std::string Printer::Details(const Pattern& pattern, std::vector<const Pattern*>* exists) const {
  switch (pattern.kind) {
    case PatternKind::kLeftJoin:
    case PatternKind::kFilter:
      return pattern.condition == nullptr ? "" : StrCat(" ", Text(*pattern.condition, exists));
    case PatternKind::kExtend:
      return StrCat(" ", Name(pattern.variable), " := ", Text(*pattern.condition, exists));
    case PatternKind::kGraph:
      return StrCat(" ", Position(pattern.graph));
    case PatternKind::kService:
      return StrCat(pattern.silent ? " silent " : " ", Position(pattern.graph));
    case PatternKind::kValues:
      return Names(pattern.value_variables);
    case PatternKind::kGroup:
      return Names(pattern.group_keys);
    case PatternKind::kProject:
      return Names(pattern.variables);
    case PatternKind::kOrderBy: {
      std::string text;
      for (const OrderKey& key : pattern.order) {
        StrAppend(&text, key.descending ? " desc " : " asc ", Text(*key.expression, exists));
      }
      return text;
    }
    case PatternKind::kSlice: {
      std::string text = StrCat(" offset ", pattern.offset);
      if (pattern.limit.has_value()) StrAppend(&text, " limit ", *pattern.limit);
      return text;
    }
    default:
      return "";
  }
}

void Printer::AppendLine(std::string* out, int depth, std::string_view text,
                         const std::vector<const Pattern*>& exists) const {
  StrAppend(out, std::string(2 * depth, ' '), text, "\n");
  for (const Pattern* pattern : exists) {
    AppendLine(out, depth + 1, "exists");
    Append(out, *pattern, depth + 2);
  }
}

void Printer::Append(std::string* out, const Pattern& pattern, int depth) const {
  std::vector<const Pattern*> exists;
  const std::string line = StrCat(PatternName(pattern.kind), Details(pattern, &exists));
  AppendLine(out, depth, line, exists);
  for (const TriplePattern& triple : pattern.triples) AppendLine(out, depth + 1, Triple(triple));
  for (const auto& row : pattern.value_rows) {
    std::string text = "row";
    for (const auto& term : row) StrAppend(&text, " ", term.has_value() ? Print(*term) : "undef");
    AppendLine(out, depth + 1, text);
  }
  for (const auto& [variable, aggregate] : pattern.aggregates) {
    std::vector<const Pattern*> inside;
    const std::string text = StrCat(Name(variable), " := ", Text(*aggregate, &inside));
    AppendLine(out, depth + 1, text, inside);
  }
  for (const auto& child : pattern.children) Append(out, *child, depth + 1);
}

void AppendDataset(std::string* out, const Dataset& dataset) {
  if (!dataset.set) return;
  *out += "dataset";
  for (const rdf::Term& graph : dataset.default_graphs) StrAppend(out, " ", Print(graph));
  for (const rdf::Term& graph : dataset.named_graphs) StrAppend(out, " named ", Print(graph));
  *out += "\n";
}

std::string_view FormName(QueryForm form) {
  constexpr std::string_view kNames[] = {"select", "construct", "ask", "describe"};
  return kNames[static_cast<size_t>(form)];
}

std::string_view OperationName(UpdateKind kind) {
  constexpr std::string_view kNames[] = {"insert-data", "delete-data", "modify", "load", "clear",
                                         "drop",        "create",      "add",    "move", "copy"};
  return kNames[static_cast<size_t>(kind)];
}

std::string TargetText(const UpdateOperation& operation) {
  switch (operation.target) {
    case GraphTarget::kDefault:
      return "default";
    case GraphTarget::kNamed:
      return "named";
    case GraphTarget::kAll:
      return "all";
    case GraphTarget::kOne:
      break;
  }
  return Print(operation.destination);
}

void AppendOperation(std::string* out, const UpdateOperation& operation) {
  *out += OperationName(operation.kind);
  if (operation.silent) *out += " silent";
  switch (operation.kind) {
    case UpdateKind::kClear:
    case UpdateKind::kDrop:
      StrAppend(out, " ", TargetText(operation));
      break;
    case UpdateKind::kCreate:
      StrAppend(out, " ", Print(operation.destination));
      break;
    case UpdateKind::kLoad:
    case UpdateKind::kAdd:
    case UpdateKind::kMove:
    case UpdateKind::kCopy:
      StrAppend(out, " ", Print(operation.source), " to ", Print(operation.destination));
      break;
    default:
      break;
  }
  *out += "\n";
  AppendDataset(out, operation.dataset);
  const Printer printer(operation.variables);
  for (const rdf::Quad& quad : operation.quads) {
    StrAppend(out, "  ", printer.Template({quad.subject, quad.predicate, quad.object, quad.graph}),
              "\n");
  }
  for (const auto& quad : operation.deletes)
    StrAppend(out, "  delete ", printer.Template(quad), "\n");
  for (const auto& quad : operation.inserts)
    StrAppend(out, "  insert ", printer.Template(quad), "\n");
  if (operation.where != nullptr) printer.Append(out, *operation.where, 1);
}

}  // namespace

std::string Print(const rdf::Term& term) {
  switch (term.kind) {
    case rdf::TermKind::kDefaultGraph:
      return "default";
    case rdf::TermKind::kIri:
      return StrCat("<", term.value, ">");
    case rdf::TermKind::kBlank:
      return StrCat("_:", term.value);
    case rdf::TermKind::kLiteral:
      break;
  }
  std::string text;
  AppendQuoted(&text, term.value);
  if (!term.language.empty()) {
    StrAppend(&text, "@", term.language);
  } else if (term.datatype.starts_with(rdf::kXsd)) {
    StrAppend(&text, "^^xsd:", std::string_view(term.datatype).substr(rdf::kXsd.size()));
  } else if (!term.datatype.empty()) {
    StrAppend(&text, "^^<", term.datatype, ">");
  }
  return text;
}

std::string Print(const Path& path) {
  constexpr std::string_view kNames[] = {"", "^", "/", "|", "*", "+", "?", "!"};
  if (path.kind == PathKind::kLink) return Print(path.iri);
  std::string text = StrCat("(", kNames[static_cast<size_t>(path.kind)]);
  for (const auto& arg : path.args) StrAppend(&text, " ", Print(*arg));
  for (const rdf::Term& iri : path.negated) StrAppend(&text, " ", Print(iri));
  for (const rdf::Term& iri : path.negated_inverse) StrAppend(&text, " ^", Print(iri));
  return text + ")";
}

std::string Print(const Pattern& pattern, const std::vector<std::string>& variables) {
  std::string out;
  Printer(variables).Append(&out, pattern, 0);
  return out;
}

std::string Print(const Expression& expression, const std::vector<std::string>& variables) {
  std::vector<const Pattern*> exists;
  const Printer printer(variables);
  std::string out = printer.Text(expression, &exists);
  for (const Pattern* pattern : exists) {
    out += "\n";
    printer.Append(&out, *pattern, 1);
  }
  return out;
}

std::string Print(const Query& query) {
  const Printer printer(query.variables);
  std::string out = StrCat(FormName(query.form), printer.Names(query.projection));
  for (const VarOrTerm& resource : query.describe) StrAppend(&out, " ", printer.Position(resource));
  out += "\n";
  AppendDataset(&out, query.dataset);
  for (const auto& quad : query.construct)
    StrAppend(&out, "  template ", printer.Template(quad), "\n");
  if (query.pattern != nullptr) printer.Append(&out, *query.pattern, 1);
  return out;
}

std::string Print(const Update& update) {
  std::string out;
  for (const UpdateOperation& operation : update.operations) AppendOperation(&out, operation);
  return out;
}

}  // namespace quadraft::sparql
