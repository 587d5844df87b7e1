// EvaluateUpdate of sparql/engine.h (SPARQL 1.1 Update, section 3): the operations in order, each
// over the view as the ones before it left it, into one net write set.
//
// A graph exists when it holds a quad: CREATE of an empty graph and DROP of a missing one change
// nothing and succeed.
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "sparql/engine.h"
#include "sparql/exec/solutions.h"
#include "sparql/update/net_writes.h"
#include "sparql/update/overlay_view.h"
#include "sparql/update/read_patterns.h"
#include "sparql/update/templates.h"
#include "store/read/term_id.h"

namespace quadraft::sparql {
namespace {

// One row of a batch of solutions.
class BatchSolution : public Solution {
 public:
  BatchSolution(const std::vector<Var>& columns, size_t variables, const Batch* batch,
                Solutions* solutions)
      : column_of_(variables, columns.size()), batch_(batch), solutions_(solutions) {
    for (size_t i = 0; i < columns.size(); ++i) column_of_[columns[i].index] = i;
  }
  void MoveTo(size_t row) { row_ = row; }
  TermId IdOf(Var variable) const override {
    return batch_->columns[column_of_[variable.index]][row_];
  }
  StatusOr<rdf::Term> Lookup(TermId id) const override { return solutions_->Lookup(id); }

 private:
  std::vector<size_t> column_of_;  // By variable.
  const Batch* const batch_;
  Solutions* const solutions_;
  size_t row_ = 0;
};

class Evaluation {
 public:
  Evaluation(std::shared_ptr<const store::ReadView> view, std::string_view blank_prefix,
             const QueryLimits& limits)
      : base_(view),
        terms_(std::move(view)),
        blank_prefix_(blank_prefix),
        limits_(limits),
        writes_(limits.memory_bytes_max) {}

  Status Run(const UpdateOperation& operation) {
    ++operations_;
    QR_RETURN_IF_ERROR(CheckInterrupted());
    switch (operation.kind) {
      case UpdateKind::kInsertData:
        return InsertData(operation);
      case UpdateKind::kDeleteData:
        return DeleteData(operation);
      case UpdateKind::kModify:
        return Modify(operation);
      case UpdateKind::kLoad:
        return Load(operation);
      case UpdateKind::kClear:
      case UpdateKind::kDrop:
        return Clear(operation);
      case UpdateKind::kCreate:
        return Create(operation);
      case UpdateKind::kAdd:
      case UpdateKind::kMove:
      case UpdateKind::kCopy:
        return Transfer(operation);
    }
    return Internal("unknown update operation ", static_cast<int>(operation.kind));
  }

  UpdateEffect Take() { return {writes_.Take(), reads_.Take()}; }

 private:
  Status CheckInterrupted() const {
    if (limits_.cancelled != nullptr && limits_.cancelled->load(std::memory_order_relaxed)) {
      return Cancelled("the update was cancelled; nothing was changed");
    }
    if (limits_.clock != nullptr && limits_.clock->Now() >= limits_.deadline) {
      return DeadlineExceeded("the update took longer than its deadline; nothing was changed");
    }
    return OkStatus();
  }

  // The view as the operations so far have left it.
  StatusOr<std::shared_ptr<const store::ReadView>> View() {
    if (writes_.changes() == 0 || QR_MUTANT("operations-see-only-the-base")) return base_;
    if (overlay_ == nullptr || overlay_changes_ != writes_.changes()) {
      QR_ASSIGN_OR_RETURN(overlay_, OverlayView::Make(&terms_, writes_.entries()));
      overlay_changes_ = writes_.changes();
    }
    return std::shared_ptr<const store::ReadView>(overlay_);
  }

  // A data block's label is the request's, so it is the same node in all its operations (the parser
  // saw to the rest).
  rdf::Term Renamed(const rdf::Term& term) const {
    return term.is_blank() ? rdf::Term::Blank(StrCat(blank_prefix_, "d", term.value)) : term;
  }

  Status InsertData(const UpdateOperation& operation) {
    for (const rdf::Quad& quad : operation.quads) {
      QR_RETURN_IF_ERROR(writes_.Insert(
          {Renamed(quad.subject), quad.predicate, Renamed(quad.object), Renamed(quad.graph)}));
    }
    return OkStatus();
  }

  Status DeleteData(const UpdateOperation& operation) {
    for (const rdf::Quad& quad : operation.quads) QR_RETURN_IF_ERROR(writes_.Delete(quad));
    return OkStatus();
  }

  Status Modify(const UpdateOperation& operation) {
    reads_.AddWhere(*operation.where, operation.dataset);
    const std::vector<Var> columns = VariablesOf(operation.deletes, operation.inserts);
    QR_ASSIGN_OR_RETURN(auto view, View());
    QR_ASSIGN_OR_RETURN(auto solutions,
                        Solutions::Open(*operation.where, operation.variables, operation.dataset,
                                        std::move(view), limits_, columns));
    Templates deletes(&operation.deletes, "");
    Templates inserts(&operation.inserts, StrCat(blank_prefix_, "t", operations_, "."));
    NetWrites inserted(limits_.memory_bytes_max);  // All deletes come before all inserts.
    Batch batch;
    BatchSolution solution(columns, operation.variables.size(), &batch, solutions.get());
    while (true) {
      QR_ASSIGN_OR_RETURN(const size_t rows, solutions->Next(&batch));
      if (rows == 0) break;
      for (size_t row = 0; row < rows; ++row) {
        solution.MoveTo(row);
        QR_RETURN_IF_ERROR(deletes.Instantiate(
            solution, [this](rdf::Quad quad) { return writes_.Delete(std::move(quad)); }));
        QR_RETURN_IF_ERROR(inserts.Instantiate(solution, [&](rdf::Quad quad) {
          if (QR_MUTANT("insert-before-later-delete")) return writes_.Insert(std::move(quad));
          return inserted.Insert(std::move(quad));
        }));
      }
    }
    for (rdf::Quad& quad : inserted.Take().inserts)
      QR_RETURN_IF_ERROR(writes_.Insert(std::move(quad)));
    return OkStatus();
  }

  Status Load(const UpdateOperation& operation) const {
    if (operation.silent) return OkStatus();  // A failure that SILENT hides (section 3.1.4).
    return Unimplemented("LOAD <", operation.source.value,
                         ">: this version does not fetch documents; send the file to the "
                         "Graph Store endpoint, or use `quadraft load`");
  }

  // Every quad of the graph, or of all graphs when nullptr. The view must not change meanwhile:
  // `use` may write.
  Status ForEachQuad(const rdf::Term* graph, const std::function<Status(rdf::Quad)>& use) {
    QR_ASSIGN_OR_RETURN(const auto view, View());
    store::ScanSpec spec;
    spec.permutation = store::Permutation::kGspo;
    if (graph != nullptr) {
      QR_ASSIGN_OR_RETURN(const auto id, view->Find(*graph));
      if (!id.has_value()) return OkStatus();
      spec.prefix = {*id};
    }
    const size_t first = 1 - spec.prefix.size();  // The column of the subject.
    const auto scan = view->Scan(spec);
    store::ColumnBatch batch;
    while (true) {
      QR_RETURN_IF_ERROR(CheckInterrupted());
      QR_ASSIGN_OR_RETURN(const size_t rows, scan->Next(&batch));
      if (rows == 0) return OkStatus();
      for (size_t row = 0; row < rows; ++row) {
        rdf::Quad quad;
        QR_ASSIGN_OR_RETURN(quad.subject, view->Lookup(batch.columns[first][row]));
        QR_ASSIGN_OR_RETURN(quad.predicate, view->Lookup(batch.columns[first + 1][row]));
        QR_ASSIGN_OR_RETURN(quad.object, view->Lookup(batch.columns[first + 2][row]));
        if (graph != nullptr) {
          quad.graph = *graph;
        } else {
          QR_ASSIGN_OR_RETURN(quad.graph, view->Lookup(batch.columns[0][row]));
        }
        QR_RETURN_IF_ERROR(use(std::move(quad)));
      }
    }
  }

  Status ClearGraph(const rdf::Term& graph) {
    reads_.AddGraph(graph);
    return ForEachQuad(&graph, [this](rdf::Quad quad) { return writes_.Delete(std::move(quad)); });
  }

  Status Clear(const UpdateOperation& operation) {
    switch (operation.target) {
      case GraphTarget::kOne:
        return ClearGraph(operation.destination);
      case GraphTarget::kDefault:
        return ClearGraph(rdf::Term::DefaultGraph());
      case GraphTarget::kNamed:
      case GraphTarget::kAll:
        break;
    }
    reads_.AddAll();
    const bool keep_default = operation.target == GraphTarget::kNamed;
    return ForEachQuad(nullptr, [this, keep_default](rdf::Quad quad) {
      if (keep_default && quad.graph.is_default_graph()) return OkStatus();
      return writes_.Delete(std::move(quad));
    });
  }

  StatusOr<bool> Exists(const rdf::Term& graph) {
    reads_.AddGraph(graph);
    QR_ASSIGN_OR_RETURN(const auto view, View());
    QR_ASSIGN_OR_RETURN(const auto id, view->Find(graph));
    if (!id.has_value()) return false;
    store::ScanSpec spec;
    spec.permutation = store::Permutation::kGspo;
    spec.prefix = {*id};
    store::ColumnBatch batch;
    QR_ASSIGN_OR_RETURN(const size_t rows, view->Scan(spec)->Next(&batch));
    return rows > 0;
  }

  Status Create(const UpdateOperation& operation) {
    if (operation.silent) return OkStatus();
    QR_ASSIGN_OR_RETURN(const bool exists, Exists(operation.destination));
    if (!exists) return OkStatus();
    return AlreadyExists("CREATE: the graph <", operation.destination.value,
                         "> is already there; CREATE SILENT lets it be");
  }

  // ADD, MOVE, COPY (sections 3.2.3 to 3.2.5).
  Status Transfer(const UpdateOperation& operation) {
    const rdf::Term& source = operation.source;
    const rdf::Term& destination = operation.destination;
    if (!source.is_default_graph()) {
      QR_ASSIGN_OR_RETURN(const bool exists, Exists(source));
      if (!exists && operation.silent) return OkStatus();
      if (!exists)
        return NotFound("there is no graph <", source.value,
                        "> to take quads from; SILENT would let that pass");
    }
    if (source == destination) return OkStatus();
    reads_.AddGraph(source);
    std::vector<rdf::Quad> moved;
    NetWrites bound(limits_.memory_bytes_max);
    QR_RETURN_IF_ERROR(
        ForEachQuad(&source, [&bound](rdf::Quad quad) { return bound.Insert(std::move(quad)); }));
    moved = bound.Take().inserts;
    if (operation.kind != UpdateKind::kAdd) QR_RETURN_IF_ERROR(ClearGraph(destination));
    for (rdf::Quad& quad : moved) {
      if (operation.kind == UpdateKind::kMove) QR_RETURN_IF_ERROR(writes_.Delete(quad));
      quad.graph = destination;
      QR_RETURN_IF_ERROR(writes_.Insert(std::move(quad)));
    }
    return OkStatus();
  }

  const std::shared_ptr<const store::ReadView> base_;
  OverlayTerms terms_;
  const std::string blank_prefix_;
  const QueryLimits limits_;
  NetWrites writes_;
  ReadPatterns reads_;
  std::shared_ptr<const OverlayView> overlay_;
  uint64_t overlay_changes_ = 0;
  uint64_t operations_ = 0;
};

}  // namespace

StatusOr<UpdateEffect> EvaluateUpdate(const Update& update,
                                      std::shared_ptr<const store::ReadView> view,
                                      std::string_view blank_prefix, const QueryLimits& limits) {
  QR_CHECK(!blank_prefix.empty()) << "new blank nodes need a prefix that no other update has";
  Evaluation evaluation(std::move(view), blank_prefix, limits);
  for (const UpdateOperation& operation : update.operations) {
    QR_RETURN_IF_ERROR(evaluation.Run(operation));
  }
  return evaluation.Take();
}

}  // namespace quadraft::sparql
