// The update operations (rules 29 to 52; SPARQL 1.1 Update, section 3).
#include "sparql/parser/parser_impl.h"

namespace quadraft::sparql {
namespace {

void ApplyWith(Pattern* pattern, const rdf::Term& graph);

void ApplyWith(Expression* expression, const rdf::Term& graph) {
  for (auto& arg : expression->args) ApplyWith(arg.get(), graph);
  if (expression->pattern != nullptr) ApplyWith(expression->pattern.get(), graph);
}

// WITH makes `graph` the default graph of the pattern: every basic pattern that no GRAPH holds
// moves there. (Not the whole pattern at once: GRAPH over an empty group asks whether the graph
// exists, which WITH does not.)
void ApplyWith(Pattern* pattern, const rdf::Term& graph) {
  if (pattern->kind == PatternKind::kGraph || pattern->kind == PatternKind::kService) return;
  if (pattern->kind == PatternKind::kBasic) {
    if (pattern->triples.empty()) return;
    PatternPtr basic = MakePattern(PatternKind::kBasic);
    basic->triples = std::move(pattern->triples);
    pattern->triples.clear();
    pattern->kind = PatternKind::kGraph;
    pattern->graph = graph;
    pattern->children.push_back(std::move(basic));
    return;
  }
  for (auto& child : pattern->children) ApplyWith(child.get(), graph);
  if (pattern->condition != nullptr) ApplyWith(pattern->condition.get(), graph);
  for (auto& [variable, expression] : pattern->aggregates) ApplyWith(expression.get(), graph);
  for (OrderKey& key : pattern->order) ApplyWith(key.expression.get(), graph);
}

void ApplyWith(std::vector<QuadTemplate>* templates, const rdf::Term& graph) {
  for (QuadTemplate& quad : *templates) {
    const auto* term = std::get_if<rdf::Term>(&quad.graph);
    if (term != nullptr && term->is_default_graph()) quad.graph = graph;
  }
}

// The pattern that a DELETE WHERE's quads are: one basic pattern per stretch of quads of one graph,
// joined.
PatternPtr PatternOf(const std::vector<QuadTemplate>& quads) {
  std::vector<PatternPtr> parts;
  const VarOrTerm* graph = nullptr;
  for (const QuadTemplate& quad : quads) {
    const auto* term = std::get_if<rdf::Term>(&quad.graph);
    const bool in_default = term != nullptr && term->is_default_graph();
    if (graph == nullptr || *graph != quad.graph) {
      PatternPtr basic = MakePattern(PatternKind::kBasic);
      parts.push_back(in_default ? std::move(basic)
                                 : MakePattern(PatternKind::kGraph, std::move(basic)));
      if (!in_default) parts.back()->graph = quad.graph;
      graph = &quad.graph;
    }
    Pattern* basic = in_default ? parts.back().get() : parts.back()->children[0].get();
    TriplePattern& triple = basic->triples.emplace_back();
    triple.subject = quad.subject;
    triple.predicate = quad.predicate;
    triple.object = quad.object;
  }
  if (parts.empty()) return MakePattern(PatternKind::kBasic);
  while (parts.size() > 1) {  // By pairs, so that the tree stays shallow.
    std::vector<PatternPtr> joined;
    for (size_t i = 0; i + 1 < parts.size(); i += 2) {
      joined.push_back(
          MakePattern(PatternKind::kJoin, std::move(parts[i]), std::move(parts[i + 1])));
    }
    if (parts.size() % 2 == 1) joined.push_back(std::move(parts.back()));
    parts = std::move(joined);
  }
  return std::move(parts[0]);
}

}  // namespace

StatusOr<UpdateOperation> Parser::ParseOperation() {
  if (AtWord("INSERT") || AtWord("DELETE")) {
    const bool inserts = AtWord("INSERT");
    const std::string next = PeekNext().kind == TokenKind::kWord ? PeekNext().text : "";
    if (next == "DATA" && inserts) return ParseData(UpdateKind::kInsertData, TripleContext::kData);
    if (next == "DATA") return ParseData(UpdateKind::kDeleteData, TripleContext::kGroundData);
    if (next == "WHERE" && !inserts) return ParseDeleteWhere();
    return ParseModify();
  }
  if (AtWord("WITH")) return ParseModify();
  if (AcceptWord("LOAD")) return ParseLoad();
  if (AcceptWord("CLEAR")) return ParseClearOrDrop(UpdateKind::kClear);
  if (AcceptWord("DROP")) return ParseClearOrDrop(UpdateKind::kDrop);
  if (AcceptWord("CREATE")) return ParseCreate();
  if (AcceptWord("ADD")) return ParseGraphToGraph(UpdateKind::kAdd);
  if (AcceptWord("MOVE")) return ParseGraphToGraph(UpdateKind::kMove);
  if (AcceptWord("COPY")) return ParseGraphToGraph(UpdateKind::kCopy);
  return Unexpected("INSERT, DELETE, WITH, LOAD, CLEAR, DROP, CREATE, ADD, MOVE or COPY");
}

StatusOr<UpdateOperation> Parser::ParseData(UpdateKind kind, TripleContext context) {
  UpdateOperation operation;
  operation.kind = kind;
  const size_t begin = token_.begin;
  Advance();
  QR_RETURN_IF_ERROR(ExpectWord("DATA"));
  std::vector<QuadTemplate> quads;
  QR_RETURN_IF_ERROR(ParseQuads(context, &quads));
  operation.quads.reserve(quads.size());
  for (QuadTemplate& quad : quads) {
    // The context let no variables through.
    operation.quads.push_back({std::get<rdf::Term>(std::move(quad.subject)),
                               std::get<rdf::Term>(std::move(quad.predicate)),
                               std::get<rdf::Term>(std::move(quad.object)),
                               std::get<rdf::Term>(std::move(quad.graph))});
    if (operation.quads.back().subject.is_literal()) {
      return ErrorAt(begin, StrCat("found the literal \"", operation.quads.back().subject.value,
                                   "\" as a subject in data, expected an IRI or a blank node"));
    }
  }
  return operation;
}

StatusOr<UpdateOperation> Parser::ParseDeleteWhere() {
  UpdateOperation operation;
  operation.kind = UpdateKind::kModify;
  Advance();
  QR_RETURN_IF_ERROR(ExpectWord("WHERE"));
  QR_RETURN_IF_ERROR(ParseQuads(TripleContext::kNoBlanks, &operation.deletes));
  operation.where = PatternOf(operation.deletes);
  if (options_.dataset.set) operation.dataset = options_.dataset;
  return operation;
}

StatusOr<UpdateOperation> Parser::ParseModify() {
  UpdateOperation operation;
  operation.kind = UpdateKind::kModify;
  const size_t begin = token_.begin;
  std::optional<rdf::Term> with;
  if (AcceptWord("WITH")) {
    QR_ASSIGN_OR_RETURN(with, ParseIri());
  }
  const bool deletes = AcceptWord("DELETE");
  if (deletes) QR_RETURN_IF_ERROR(ParseQuads(TripleContext::kNoBlanks, &operation.deletes));
  if (AcceptWord("INSERT")) {
    QR_RETURN_IF_ERROR(ParseQuads(TripleContext::kTemplate, &operation.inserts));
  } else if (!deletes) {
    return Unexpected("DELETE or INSERT");
  }
  bool using_any = false;
  QR_RETURN_IF_ERROR(ParseUsing(&operation.dataset, &using_any));
  QR_RETURN_IF_ERROR(ExpectWord("WHERE"));
  QR_ASSIGN_OR_RETURN(operation.where, ParseGroupPattern());
  if (options_.dataset.set) {
    if (using_any || with.has_value()) {
      return ErrorAt(
          begin,
          "found USING or WITH, expected neither when the request names using-graph-uri or "
          "using-named-graph-uri");
    }
    operation.dataset = options_.dataset;
  }
  if (with.has_value()) {
    ApplyWith(&operation.deletes, *with);
    ApplyWith(&operation.inserts, *with);
    if (!using_any) ApplyWith(operation.where.get(), *with);
  }
  return operation;
}

Status Parser::ParseUsing(Dataset* dataset, bool* any) {
  while (AcceptWord("USING")) {
    *any = dataset->set = true;
    auto& graphs = AcceptWord("NAMED") ? dataset->named_graphs : dataset->default_graphs;
    QR_ASSIGN_OR_RETURN(graphs.emplace_back(), ParseIri());
  }
  return OkStatus();
}

Status Parser::ParseQuads(TripleContext context, std::vector<QuadTemplate>* out) {
  QR_RETURN_IF_ERROR(ExpectPunctuation("{"));
  const auto append = [out](std::vector<TriplePattern> triples, const VarOrTerm& graph) {
    for (TriplePattern& triple : triples) {
      out->push_back({std::move(triple.subject), std::move(triple.predicate),
                      std::move(triple.object), graph});
    }
  };
  bool after_triples = false;  // As in a group: a dot stands between triples.
  while (!AcceptPunctuation("}")) {
    std::vector<TriplePattern> triples;
    if (AtTriples()) {
      if (after_triples) return Unexpected("'.' between triples");
      QR_RETURN_IF_ERROR(ParseTriplesSameSubject(context, &triples));
      append(std::move(triples), rdf::Term::DefaultGraph());
      after_triples = !AcceptPunctuation(".");
      continue;
    }
    if (!AcceptWord("GRAPH")) return Unexpected("'}', '.', a triple or GRAPH");
    const bool is_data = context == TripleContext::kData || context == TripleContext::kGroundData;
    if (is_data && !AtIri()) return Unexpected("an IRI after GRAPH: data holds no variables");
    QR_ASSIGN_OR_RETURN(const VarOrTerm graph, ParseVarOrIri());
    QR_RETURN_IF_ERROR(ExpectPunctuation("{"));
    QR_RETURN_IF_ERROR(ParseTriplesTemplate(context, &triples));
    if (!AcceptPunctuation("}")) return Unexpected("'}', '.' or a triple");
    const auto* iri = std::get_if<rdf::Term>(&graph);
    QR_RETURN_IF_ERROR(Spend(iri == nullptr ? 0 : iri->value.size() * triples.size()));
    append(std::move(triples), graph);
    AcceptPunctuation(".");
    after_triples = false;
  }
  return OkStatus();
}

StatusOr<UpdateOperation> Parser::ParseLoad() {
  UpdateOperation operation;
  operation.kind = UpdateKind::kLoad;
  operation.silent = AcceptWord("SILENT");
  QR_ASSIGN_OR_RETURN(operation.source, ParseIri());
  if (AcceptWord("INTO")) {
    QR_ASSIGN_OR_RETURN(operation.destination, ParseGraphRef());
  }
  return operation;
}

StatusOr<rdf::Term> Parser::ParseGraphRef() {
  QR_RETURN_IF_ERROR(ExpectWord("GRAPH"));
  return ParseIri();
}

StatusOr<UpdateOperation> Parser::ParseClearOrDrop(UpdateKind kind) {
  UpdateOperation operation;
  operation.kind = kind;
  operation.silent = AcceptWord("SILENT");
  if (AcceptWord("DEFAULT")) {
    operation.target = GraphTarget::kDefault;
  } else if (AcceptWord("NAMED")) {
    operation.target = GraphTarget::kNamed;
  } else if (AcceptWord("ALL")) {
    operation.target = GraphTarget::kAll;
  } else if (AtWord("GRAPH")) {
    operation.target = GraphTarget::kOne;
    QR_ASSIGN_OR_RETURN(operation.destination, ParseGraphRef());
  } else {
    return Unexpected("GRAPH, DEFAULT, NAMED or ALL");
  }
  return operation;
}

StatusOr<UpdateOperation> Parser::ParseCreate() {
  UpdateOperation operation;
  operation.kind = UpdateKind::kCreate;
  operation.silent = AcceptWord("SILENT");
  QR_ASSIGN_OR_RETURN(operation.destination, ParseGraphRef());
  return operation;
}

StatusOr<rdf::Term> Parser::ParseGraphOrDefault() {
  if (AcceptWord("DEFAULT")) return rdf::Term::DefaultGraph();
  AcceptWord("GRAPH");
  if (!AtIri()) return Unexpected("DEFAULT, GRAPH or an IRI");
  return ParseIri();
}

StatusOr<UpdateOperation> Parser::ParseGraphToGraph(UpdateKind kind) {
  UpdateOperation operation;
  operation.kind = kind;
  operation.silent = AcceptWord("SILENT");
  QR_ASSIGN_OR_RETURN(operation.source, ParseGraphOrDefault());
  QR_RETURN_IF_ERROR(ExpectWord("TO"));
  QR_ASSIGN_OR_RETURN(operation.destination, ParseGraphOrDefault());
  return operation;
}

}  // namespace quadraft::sparql
