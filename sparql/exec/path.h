// Property paths with closures (SPARQL 1.1 Query, sections 9 and 18.4): ?, * and + over any inner path.
//
//   PathEvaluator evaluator(&context, graph);
//   QR_RETURN_IF_ERROR(evaluator.Reach(path, start, /*forward=*/true, &nodes));
//
// A closure is a breadth-first search with a visited set (section 18.4's ALP), from whichever end is bound; with both ends
// free, from every subject and object of the graph. A path of length zero joins a term to itself: a term that stands in the
// pattern, in the graph or not; a variable, wherever its value came from, only a subject or object of the graph.
// Memory: one visited set per closure under way.
#ifndef QUADRAFT_SPARQL_EXEC_PATH_H_
#define QUADRAFT_SPARQL_EXEC_PATH_H_

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sparql/exec/operator.h"
#include "sparql/exec/quad_source.h"
#include "sparql/exec/row_table.h"
#include "sparql/planner/plan.h"

namespace quadraft::sparql {

class PathEvaluator {
 public:
  // `graph`: its graph slot and sets say where; the other slots are free.
  PathEvaluator(ExecContext* context, const QuadPattern& graph) : context_(context), graph_(graph) {}

  // Adds to *out every node that the path leads to from `start` (backwards when not `forward`).
  Status Reach(const Path& path, TermId start, bool forward, KeySet* out);
  // Every subject and object of the graph.
  Status AllNodes(KeySet* out);
  StatusOr<bool> IsNode(TermId term);  // One of them.

 private:
  Status ReachLink(TermId predicate, TermId start, bool forward, KeySet* out);
  Status ReachSequence(const Path& path, TermId start, bool forward, KeySet* out);
  Status ReachClosure(const Path& path, TermId start, bool forward, KeySet* out);
  Status ReachNegated(const Path& path, TermId start, bool forward, KeySet* out);
  // The nodes one step away by any predicate but the excluded ones.
  Status Step(TermId start, bool forward, TermId predicate, const std::vector<rdf::Term>* excluded, KeySet* out);
  StatusOr<TermId> IdOf(const rdf::Term& iri);

  ExecContext* const context_;
  const QuadPattern graph_;
  std::map<const rdf::Term*, TermId> ids_;  // Of the path's IRIs; looked up by address only.
};

class PathOperator : public Operator {
 public:
  PathOperator(ExecContext* context, const Plan& plan, OperatorPtr left);

 protected:
  Status Produce(Batch* out) override;

 private:
  StatusOr<bool> NextLeftRow();
  // Finds the ends that belong to the current left row and start node.
  Status Search();
  TermId EndOf(size_t slot) const;
  // Whether the start is a variable's value from the left that is no node of the graph: then no path of length zero begins
  // there, but for one to a term of the pattern.
  StatusOr<bool> StartsNowhere();
  void Emit(TermId subject, TermId object, Batch* out);

  const OperatorPtr left_;
  const QuadPattern quad_;
  const Path* const path_;
  PathEvaluator evaluator_;
  int left_columns_[2];     // Of subject's and object's variable; -1: not on the left.
  int output_columns_[2];
  Batch left_batch_;
  size_t left_row_ = 0;
  bool started_ = false, ended_ = false;

  std::optional<KeySet> all_nodes_;     // Both ends free: the starts.
  size_t start_ = 0;                    // Number of the current start in all_nodes_.
  bool from_all_ = false;
  bool forward_ = true;
  std::optional<KeySet> found_;
  size_t next_found_ = 0;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_EXEC_PATH_H_
