// Updates (SPARQL 1.1 Update, sections 3 and 4): each operation a function from dataset to dataset.
#include <utility>

#include "sim/oracle/oracle.h"

namespace quadraft::sim::oracle {

namespace {

using rdf::Term;
using sparql::GraphTarget;
using sparql::UpdateKind;
using sparql::UpdateOperation;
using sparql::Var;

class Machine {
 public:
  Machine(const Dataset& data, const std::string& blank_prefix, size_t steps_max)
      : data_(data), prefix_(blank_prefix), steps_max_(steps_max) {}

  Status Run(const UpdateOperation& operation) {
    ++operations_;
    switch (operation.kind) {
      case UpdateKind::kInsertData:
        // One label is one node in the whole request (section 4.1: a request is one scope).
        for (const rdf::Quad& quad : operation.quads) data_.Insert(Fresh(quad, "d"));
        return OkStatus();
      case UpdateKind::kDeleteData:
        for (const rdf::Quad& quad : operation.quads) data_.Erase(quad);
        return OkStatus();
      case UpdateKind::kModify:
        return Modify(operation);
      case UpdateKind::kClear:
      case UpdateKind::kDrop:
        Clear(operation);
        return OkStatus();
      case UpdateKind::kCreate:
        if (operation.silent || !data_.Has(operation.destination)) return OkStatus();
        return AlreadyExists("CREATE of a graph that is there");
      case UpdateKind::kAdd:
      case UpdateKind::kMove:
      case UpdateKind::kCopy:
        return Transfer(operation);
      case UpdateKind::kLoad:
        break;
    }
    return operation.silent ? OkStatus() : Unimplemented("LOAD");
  }
  Dataset Take() { return std::move(data_); }

 private:
  rdf::Quad Fresh(rdf::Quad quad, const std::string& scope) const {
    for (Term* term : {&quad.subject, &quad.object}) {
      if (term->is_blank()) term->value = StrCat(prefix_, scope, term->value);
    }
    return quad;
  }

  // The quad of a template, when the solution makes one (section 4.2.1: others are left out).
  std::optional<rdf::Quad> Instance(const sparql::QuadTemplate& tmpl, const Solution& row,
                                    const std::string& scope) const {
    const auto term = [&](const sparql::VarOrTerm& slot) -> std::optional<Term> {
      if (const auto* constant = std::get_if<Term>(&slot)) {
        return constant->is_blank() ? Term::Blank(StrCat(prefix_, scope, constant->value))
                                    : *constant;
      }
      const Term* bound = row[std::get<Var>(slot).index];
      return bound == nullptr ? std::nullopt : std::optional<Term>(*bound);
    };
    const auto s = term(tmpl.subject), p = term(tmpl.predicate), o = term(tmpl.object),
               g = term(tmpl.graph);
    if (!s || !p || !o || !g || s->is_literal() || !p->is_iri()) return std::nullopt;
    if (!g->is_iri() && !g->is_default_graph()) return std::nullopt;
    return rdf::Quad{*s, *p, *o, *g};
  }

  // Section 3.1.3: the WHERE part once, then all deletions, then all insertions.
  Status Modify(const UpdateOperation& operation) {
    const Dataset seen = Restricted(data_, operation.dataset);
    Evaluator evaluator(seen, operation.variables.size(), steps_max_);
    const Solutions rows = evaluator.Evaluate(*operation.where);
    if (!evaluator.beyond().empty()) return Unimplemented(evaluator.beyond());
    for (const Solution& row : rows) {
      for (const auto& tmpl : operation.deletes) {
        if (const auto quad = Instance(tmpl, row, "")) data_.Erase(*quad);
      }
    }
    uint64_t number = 0;
    for (const Solution& row : rows) {
      ++number;
      for (const auto& tmpl : operation.inserts) {
        if (const auto quad = Instance(tmpl, row, StrCat("t", operations_, "x", number, "x")))
          data_.Insert(*quad);
      }
    }
    return OkStatus();
  }

  void Clear(const UpdateOperation& operation) {
    if (operation.target == GraphTarget::kOne) data_.Clear(operation.destination);
    if (operation.target == GraphTarget::kDefault || operation.target == GraphTarget::kAll) {
      data_.Clear(Term::DefaultGraph());
    }
    if (operation.target != GraphTarget::kNamed && operation.target != GraphTarget::kAll) return;
    Dataset kept;
    if (operation.target == GraphTarget::kNamed) {
      kept.Replace(Term::DefaultGraph(), data_.graph(Term::DefaultGraph()));
    }
    data_ = std::move(kept);
  }

  // Sections 3.2.3 to 3.2.5.
  Status Transfer(const UpdateOperation& operation) {
    const Term& from = operation.source;
    const Term& to = operation.destination;
    if (!from.is_default_graph() && !data_.Has(from)) {
      return operation.silent ? OkStatus() : NotFound("the source graph is not there");
    }
    if (from == to) return OkStatus();
    Graph result = data_.graph(from);
    if (operation.kind == UpdateKind::kAdd)
      result.insert(data_.graph(to).begin(), data_.graph(to).end());
    data_.Replace(to, std::move(result));
    if (operation.kind == UpdateKind::kMove) data_.Clear(from);
    return OkStatus();
  }

  Dataset data_;
  const std::string prefix_;
  const size_t steps_max_;
  uint64_t operations_ = 0;
};

}  // namespace

StatusOr<Dataset> Apply(const sparql::Update& update, const Dataset& data,
                        const std::string& blank_prefix, size_t steps_max) {
  Machine machine(data, blank_prefix, steps_max);
  for (const UpdateOperation& operation : update.operations)
    QR_RETURN_IF_ERROR(machine.Run(operation));
  return machine.Take();
}

}  // namespace quadraft::sim::oracle
