// An independent judge of SPARQL: what a query may answer and what an update must do, by the
// definitions of SPARQL 1.1 over plain lists of terms. It shares no code with sparql/exec, planner,
// functions or update, nor with the store; text becomes algebra by sparql/parser.
//
//   const Judgement judged = JudgeAnswer(query, data, answer);     // answer: rows as a client got
//   them. if (judged.verdict == Judgement::kWrong) ... judged.why ... QR_ASSIGN_OR_RETURN(const
//   Dataset after, Apply(update, data, "fresh"));
//
// It cannot say (kBeyond) where the specification leaves the answer open, where a function or
// datatype is beyond it (terms.h, functions.h), or when it would take more steps than it may.
#ifndef QUADRAFT_SIM_ORACLE_ORACLE_H_
#define QUADRAFT_SIM_ORACLE_ORACLE_H_

#include <optional>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "sim/oracle/dataset.h"
#include "sim/oracle/evaluator.h"
#include "sparql/algebra/algebra.h"

namespace quadraft::sim::oracle {

using Row = std::vector<std::optional<rdf::Term>>;  // By column.
struct Answer {
  std::optional<bool> boolean;       // ASK.
  std::vector<std::string> columns;  // SELECT.
  std::vector<Row> rows;
  std::vector<rdf::Quad> quads;  // CONSTRUCT, each once.
};

// What FROM and FROM NAMED leave of the data (SPARQL 1.1 Query, section 13.2); all of it without
// them.
Dataset Restricted(const Dataset& data, const sparql::Dataset& clauses);

// Unimplemented: beyond the oracle, and why.
StatusOr<Answer> Evaluate(const sparql::Query& query, const Dataset& data,
                          size_t steps_max = Evaluator::kStepsMax);

struct Judgement {
  enum Verdict : uint8_t { kRight, kWrong, kBeyond };
  Verdict verdict = kRight;
  std::string why;  // Of the others.
};
// Of SELECT and ASK. Rows count as often as they are there; their order only by ORDER BY, and where
// a LIMIT may cut equal keys either way, any cut will do. Numbers that were calculated are compared
// by value.
Judgement JudgeAnswer(const sparql::Query& query, const Dataset& data, const Answer& answer,
                      size_t steps_max = Evaluator::kStepsMax);

// The dataset after the update (SPARQL 1.1 Update, section 3 and 4.3). Blank nodes that it makes
// have labels that start with `blank_prefix`. NotFound, AlreadyExists: it must be refused, and why.
StatusOr<Dataset> Apply(const sparql::Update& update, const Dataset& data,
                        const std::string& blank_prefix, size_t steps_max = Evaluator::kStepsMax);

// The same quads up to the names of blank nodes.
bool SameData(const Dataset& a, const Dataset& b);

}  // namespace quadraft::sim::oracle

#endif  // QUADRAFT_SIM_ORACLE_ORACLE_H_
