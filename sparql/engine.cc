#include "sparql/engine.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sparql/exec/row_table.h"
#include "sparql/exec/solutions.h"
#include "sparql/results/result_writer.h"

namespace quadraft::sparql {

namespace {

// Triples of a constructed graph that are remembered so as not to be written twice. Beyond it a triple may come again, which
// is the same graph; remembering without end would make an export of everything cost the memory of everything.
constexpr size_t kConstructDistinctMax = 1u << 20;

constexpr int kStepsPerPieceMax = 2;

// What all forms share: the query, its solutions, the writer and the bytes not handed out yet.
class RunningBase : public RunningQuery {
 public:
  RunningBase(Query query, ResultFormat format) : query_(std::move(query)), format_(format) {}

  std::string_view content_type() const override { return ContentType(format_); }
  bool done() const override { return done_; }

  StatusOr<std::string> NextPiece(size_t bytes_target) override {
    if (done_) return std::string();
    // Two batches of solutions at most for each call, so that a small answer is done with the first one; what
    // they make beyond the target waits in out_.
    for (int step = 0; step < kStepsPerPieceMax && out_.size() < bytes_target && !finished_; ++step) {
      const Status status = Step(bytes_target);
      if (!status.ok()) {
        done_ = true;
        return status;
      }
    }
    std::string piece = std::move(out_);
    out_.clear();
    done_ = finished_;
    return piece;
  }

  Status Open(std::shared_ptr<const store::ReadView> view, const QueryLimits& limits) {
    QR_ASSIGN_OR_RETURN(writer_, ResultWriter::New(format_, query_.form, &out_));
    view_ = std::move(view);
    limits_ = limits;
    return Start();
  }

 protected:
  virtual Status Start() = 0;
  // Does some of the work; sets finished_ when all of the answer is in out_.
  virtual Status Step(size_t bytes_target) = 0;

  StatusOr<std::unique_ptr<Solutions>> OpenSolutions(std::vector<Var> columns) {
    return Solutions::Open(*query_.pattern, query_.variables, query_.dataset, view_, limits_, std::move(columns));
  }

  const Query query_;
  const ResultFormat format_;
  std::shared_ptr<const store::ReadView> view_;
  QueryLimits limits_;
  std::string out_;
  std::unique_ptr<ResultWriter> writer_;
  bool finished_ = false;

 private:
  bool done_ = false;
};

class RunningSelect : public RunningBase {
 public:
  using RunningBase::RunningBase;

 protected:
  Status Start() override {
    QR_ASSIGN_OR_RETURN(solutions_, OpenSolutions(query_.projection));
    std::vector<std::string> names;
    for (const Var var : query_.projection) names.push_back(query_.variables[var.index]);
    writer_->Begin(names);
    terms_.resize(names.size());
    row_.resize(names.size());
    return OkStatus();
  }

  Status Step(size_t bytes_target) override {
    if (next_row_ >= batch_.rows) {
      QR_ASSIGN_OR_RETURN(const size_t rows, solutions_->Next(&batch_));
      next_row_ = 0;
      if (rows == 0) {
        writer_->End();
        finished_ = true;
        return OkStatus();
      }
    }
    for (; next_row_ < batch_.rows && out_.size() < bytes_target; ++next_row_) {
      for (size_t c = 0; c < row_.size(); ++c) {
        const TermId id = batch_.columns[c][next_row_];
        row_[c] = nullptr;
        if (id == kNoTerm) continue;
        QR_ASSIGN_OR_RETURN(terms_[c], solutions_->Lookup(id));
        row_[c] = &terms_[c];
      }
      writer_->Row(row_);
    }
    return OkStatus();
  }

 private:
  std::unique_ptr<Solutions> solutions_;
  Batch batch_;
  size_t next_row_ = 0;
  std::vector<rdf::Term> terms_;
  std::vector<const rdf::Term*> row_;
};

class RunningAsk : public RunningBase {
 public:
  using RunningBase::RunningBase;

 protected:
  Status Start() override {
    QR_ASSIGN_OR_RETURN(solutions_, OpenSolutions({}));
    return OkStatus();
  }

  Status Step(size_t bytes_target) override {
    Batch batch;
    QR_ASSIGN_OR_RETURN(const size_t rows, solutions_->Next(&batch));
    writer_->Ask(rows > 0);
    finished_ = true;
    return OkStatus();
  }

 private:
  std::unique_ptr<Solutions> solutions_;
};

// CONSTRUCT (section 16.2): the template once for each solution; triples with an unbound or misplaced part are left out.
class RunningConstruct : public RunningBase {
 public:
  using RunningBase::RunningBase;

 protected:
  Status Start() override {
    std::vector<Var> columns;
    for (const QuadTemplate& quad : query_.construct) {
      slots_.push_back({SlotOf(quad.subject, &columns), SlotOf(quad.predicate, &columns), SlotOf(quad.object, &columns),
                        SlotOf(quad.graph, &columns)});
    }
    QR_ASSIGN_OR_RETURN(solutions_, OpenSolutions(columns));
    seen_.emplace(&solutions_->context(), kParts);
    writer_->Begin({});
    return OkStatus();
  }

  Status Step(size_t bytes_target) override {
    if (next_row_ >= batch_.rows) {
      QR_ASSIGN_OR_RETURN(const size_t rows, solutions_->Next(&batch_));
      next_row_ = 0;
      if (rows == 0) {
        writer_->End();
        finished_ = true;
        return OkStatus();
      }
    }
    for (; next_row_ < batch_.rows && out_.size() < bytes_target; ++next_row_) {
      fresh_.clear();
      for (const auto& slots : slots_) QR_RETURN_IF_ERROR(WriteTriple(slots));
    }
    return OkStatus();
  }

 private:
  static constexpr size_t kParts = 4;  // Subject, predicate, object, graph: the last is the default graph but in exports.
  struct Slot {
    const rdf::Term* term = nullptr;  // In the query.
    size_t column = 0;
  };

  static Slot SlotOf(const VarOrTerm& part, std::vector<Var>* columns) {
    Slot slot;
    slot.term = std::get_if<rdf::Term>(&part);
    if (slot.term != nullptr) return slot;
    const Var var = std::get<Var>(part);
    const auto found = std::find(columns->begin(), columns->end(), var);
    slot.column = static_cast<size_t>(found - columns->begin());
    if (found == columns->end()) columns->push_back(var);
    return slot;
  }

  StatusOr<TermId> Fill(const Slot& slot) {
    if (slot.term == nullptr) return batch_.columns[slot.column][next_row_];
    if (!slot.term->is_blank()) return solutions_->context().IdOf(*slot.term);
    // A blank node of the template is a new one in each solution.
    for (const auto& [label, id] : fresh_) {
      if (label == slot.term->value) return id;
    }
    QR_ASSIGN_OR_RETURN(const TermId id,
                        solutions_->context().IdOf(rdf::Term::Blank(solutions_->context().NewBlankLabel())));
    fresh_.emplace_back(slot.term->value, id);
    return id;
  }

  Status WriteTriple(const std::array<Slot, kParts>& slots) {
    std::array<TermId, kParts> ids;
    rdf::Quad quad;
    for (size_t i = 0; i < kParts; ++i) {
      QR_ASSIGN_OR_RETURN(ids[i], Fill(slots[i]));
      if (ids[i] == kNoTerm) return OkStatus();
    }
    if (seen_->size() < kConstructDistinctMax) {
      QR_ASSIGN_OR_RETURN(const KeySet::Place place, seen_->Insert(ids.data()));
      if (!place.added) return OkStatus();
    } else if (seen_->Find(ids.data())) {
      return OkStatus();
    }
    QR_ASSIGN_OR_RETURN(quad.subject, solutions_->Lookup(ids[0]));
    QR_ASSIGN_OR_RETURN(quad.predicate, solutions_->Lookup(ids[1]));
    if (quad.subject.is_literal() || !quad.predicate.is_iri()) return OkStatus();
    QR_ASSIGN_OR_RETURN(quad.object, solutions_->Lookup(ids[2]));
    QR_ASSIGN_OR_RETURN(quad.graph, solutions_->Lookup(ids[3]));
    writer_->Triple(quad);
    return OkStatus();
  }

  std::vector<std::array<Slot, kParts>> slots_;
  std::unique_ptr<Solutions> solutions_;
  std::optional<KeySet> seen_;
  std::vector<std::pair<std::string, TermId>> fresh_;
  Batch batch_;
  size_t next_row_ = 0;
};

// DESCRIBE (section 16.4 leaves the answer open): the concise bounded description of each resource in the default graph: its
// triples as a subject, and those of the blank nodes that they lead to.
class RunningDescribe : public RunningBase {
 public:
  using RunningBase::RunningBase;

 protected:
  Status Start() override {
    std::vector<Var> columns;
    for (const VarOrTerm& resource : query_.describe) {
      if (const Var* var = std::get_if<Var>(&resource)) columns.push_back(*var);
    }
    if (query_.dataset.set) return Unimplemented("DESCRIBE with FROM");
    if (query_.pattern == nullptr) {
      unit_.kind = PatternKind::kBasic;
      QR_ASSIGN_OR_RETURN(solutions_, Solutions::Open(unit_, query_.variables, query_.dataset, view_, limits_, {}));
    } else {
      QR_ASSIGN_OR_RETURN(solutions_, OpenSolutions(columns));
    }
    known_.emplace(&solutions_->context(), 1);
    for (const VarOrTerm& resource : query_.describe) {
      if (const rdf::Term* term = std::get_if<rdf::Term>(&resource)) {
        QR_ASSIGN_OR_RETURN(const TermId id, solutions_->context().IdOf(*term));
        QR_RETURN_IF_ERROR(known_->Insert(&id).status());
      }
    }
    writer_->Begin({});
    return OkStatus();
  }

  Status Step(size_t bytes_target) override {
    if (scan_ != nullptr) return WriteBatch();
    if (next_known_ < known_->size()) return OpenNext();
    Batch batch;
    size_t rows = 0;
    if (!solutions_done_) {
      QR_ASSIGN_OR_RETURN(rows, solutions_->Next(&batch));
    }
    if (rows == 0) {
      solutions_done_ = true;
      writer_->End();
      finished_ = true;
      return OkStatus();
    }
    for (const auto& column : batch.columns) {
      for (size_t row = 0; row < rows; ++row) {
        if (column[row] != kNoTerm) QR_RETURN_IF_ERROR(known_->Insert(&column[row]).status());
      }
    }
    return OkStatus();
  }

 private:
  Status OpenNext() {
    QR_RETURN_IF_ERROR(solutions_->context().CheckInterrupted());
    subject_ = *known_->key(next_known_++);
    if (store::TagOf(subject_) == store::IdTag::kLocal) return OkStatus();
    scan_ = view_->Scan({store::Permutation::kGspo, {store::kDefaultGraphId, subject_}});
    return OkStatus();
  }

  Status WriteBatch() {
    store::ColumnBatch batch;
    QR_ASSIGN_OR_RETURN(const size_t rows, scan_->Next(&batch));
    if (rows == 0) scan_ = nullptr;
    rdf::Quad quad;
    for (size_t row = 0; row < rows; ++row) {
      const TermId object = batch.columns[1][row];
      QR_ASSIGN_OR_RETURN(quad.subject, solutions_->Lookup(subject_));
      QR_ASSIGN_OR_RETURN(quad.predicate, solutions_->Lookup(batch.columns[0][row]));
      QR_ASSIGN_OR_RETURN(quad.object, solutions_->Lookup(object));
      writer_->Triple(quad);
      if (store::TagOf(object) == store::IdTag::kBlank) QR_RETURN_IF_ERROR(known_->Insert(&object).status());
    }
    return OkStatus();
  }

  Pattern unit_;
  std::unique_ptr<Solutions> solutions_;
  bool solutions_done_ = false;
  std::optional<KeySet> known_;  // Everything to describe, in the order it was found; the first next_known_ are done.
  size_t next_known_ = 0;
  TermId subject_;
  std::unique_ptr<store::QuadScan> scan_;
};

template <typename Running>
StatusOr<std::unique_ptr<RunningQuery>> StartAs(Query query, std::shared_ptr<const store::ReadView> view,
                                                ResultFormat format, const QueryLimits& limits) {
  auto running = std::make_unique<Running>(std::move(query), format);
  QR_RETURN_IF_ERROR(running->Open(std::move(view), limits));
  return std::unique_ptr<RunningQuery>(std::move(running));
}

}  // namespace

StatusOr<std::unique_ptr<RunningQuery>> StartQuery(Query query, std::shared_ptr<const store::ReadView> view,
                                                   ResultFormat format, const QueryLimits& limits) {
  switch (query.form) {
    case QueryForm::kSelect: return StartAs<RunningSelect>(std::move(query), std::move(view), format, limits);
    case QueryForm::kAsk: return StartAs<RunningAsk>(std::move(query), std::move(view), format, limits);
    case QueryForm::kConstruct: return StartAs<RunningConstruct>(std::move(query), std::move(view), format, limits);
    case QueryForm::kDescribe: return StartAs<RunningDescribe>(std::move(query), std::move(view), format, limits);
  }
  return Internal("unknown query form");
}

}  // namespace quadraft::sparql
