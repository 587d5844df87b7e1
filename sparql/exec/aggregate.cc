#include "sparql/exec/aggregate.h"

#include <optional>
#include <utility>

#include "core/base/mutant.h"
#include "sparql/exec/row_table.h"
#include "sparql/functions/arithmetic.h"

namespace quadraft::sparql {

namespace {

// COUNT(*), COUNT(DISTINCT *).
class CountRows : public Aggregate {
 public:
  CountRows(ExecContext* context, bool distinct, std::vector<size_t> columns)
      : charge_(context), columns_(std::move(columns)) {
    if (distinct) seen_.emplace(context, columns_.size() + 1);
  }

  Status Add(const Batch& batch, const std::vector<uint32_t>& group_of_row,
             size_t group_count) override {
    QR_RETURN_IF_ERROR(charge_.Set(group_count * sizeof(uint64_t)));
    counts_.resize(group_count);
    std::vector<TermId> key(columns_.size() + 1);
    for (size_t row = 0; row < batch.rows; ++row) {
      if (seen_) {
        key[0] = TermId(group_of_row[row]);
        for (size_t i = 0; i < columns_.size(); ++i) key[i + 1] = batch.columns[columns_[i]][row];
        QR_ASSIGN_OR_RETURN(const KeySet::Place place, seen_->Insert(key.data()));
        if (!place.added && !QR_MUTANT("count-with-duplicates")) continue;
      }
      ++counts_[group_of_row[row]];
    }
    return OkStatus();
  }

  Value Finish(size_t group) override {
    return Value::Integer(group < counts_.size() ? static_cast<int64_t>(counts_[group]) : 0);
  }

 private:
  MemoryCharge charge_;
  const std::vector<size_t> columns_;
  std::optional<KeySet> seen_;
  std::vector<uint64_t> counts_;
};

// COUNT of an expression: needs ids only when DISTINCT, and never a value for a variable.
class CountValues : public Aggregate {
 public:
  CountValues(ExecContext* context, bool distinct, std::unique_ptr<BoundExpression> expression)
      : charge_(context), expression_(std::move(expression)) {
    if (distinct) seen_.emplace(context, 2);
  }

  Status Add(const Batch& batch, const std::vector<uint32_t>& group_of_row,
             size_t group_count) override {
    QR_RETURN_IF_ERROR(charge_.Set(group_count * sizeof(uint64_t)));
    counts_.resize(group_count);
    for (size_t row = 0; row < batch.rows; ++row) {
      const TermId key[2] = {TermId(group_of_row[row]), expression_->EvaluateId(batch, row)};
      if (key[1] == kNoTerm) continue;
      if (seen_) {
        QR_ASSIGN_OR_RETURN(const KeySet::Place place, seen_->Insert(key));
        if (!place.added && !QR_MUTANT("count-with-duplicates")) continue;
      }
      ++counts_[group_of_row[row]];
    }
    return OkStatus();
  }

  Value Finish(size_t group) override {
    return Value::Integer(group < counts_.size() ? static_cast<int64_t>(counts_[group]) : 0);
  }

 private:
  MemoryCharge charge_;
  const std::unique_ptr<BoundExpression> expression_;
  std::optional<KeySet> seen_;
  std::vector<uint64_t> counts_;
};

enum class Folding : uint8_t { kSum, kAvg, kMin, kMax, kSample, kConcat };

// The aggregates that fold values into one.
class FoldValues : public Aggregate {
 public:
  FoldValues(ExecContext* context, Folding folding, const Expression& aggregate,
             std::unique_ptr<BoundExpression> expression, EvaluationEnvironment* env)
      : charge_(context),
        folding_(folding),
        separator_(aggregate.separator),
        expression_(std::move(expression)),
        env_(env) {
    if (aggregate.distinct) seen_.emplace(context, 2);
  }

  Status Add(const Batch& batch, const std::vector<uint32_t>& group_of_row,
             size_t group_count) override {
    if (group_count > groups_.size()) {
      QR_RETURN_IF_ERROR(charge_.Add((group_count - groups_.size()) * sizeof(Group)));
      groups_.resize(group_count);
    }
    for (size_t row = 0; row < batch.rows; ++row) {
      Group& group = groups_[group_of_row[row]];
      if (group.failed) continue;
      Value value = expression_->Evaluate(batch, row);
      if (value.is_error()) {
        group.failed = folding_ != Folding::kSample;
        continue;
      }
      if (seen_) {
        const TermId key[2] = {TermId(group_of_row[row]), env_->IdOf(value)};
        QR_ASSIGN_OR_RETURN(const KeySet::Place place, seen_->Insert(key));
        if (!place.added && !QR_MUTANT("count-with-duplicates")) continue;
      }
      const size_t text_before = group.value.text.size();
      Fold(std::move(value), &group);
      ++group.count;
      if (group.value.text.size() > text_before)
        QR_RETURN_IF_ERROR(charge_.Add(group.value.text.size() - text_before));
    }
    return OkStatus();
  }

  Value Finish(size_t number) override {
    static const Group kNone;
    const Group& group = number < groups_.size() ? groups_[number] : kNone;
    if (group.failed) return Value::Error();
    const bool none = group.count == 0;
    switch (folding_) {
      case Folding::kSum:
        return none ? Value::Integer(0) : group.value;
      case Folding::kAvg:
        if (none) return Value::Integer(0);
        return Arithmetic(ExpressionKind::kDivide, group.value,
                          Value::Integer(static_cast<int64_t>(group.count)));
      case Folding::kConcat:
        return none ? Value::String("") : group.value;
      default:
        return none ? Value::Error() : group.value;
    }
  }

 private:
  struct Group {
    uint64_t count = 0;
    bool failed = false;
    Value value;
  };

  void Fold(Value value, Group* group) {
    const bool first = group->count == 0;
    switch (folding_) {
      case Folding::kSum:
      case Folding::kAvg:
        // Added to zero even when alone: SUM of one xsd:byte is an xsd:integer, of one string an
        // error.
        group->value =
            Arithmetic(ExpressionKind::kAdd, first ? Value::Integer(0) : group->value, value);
        group->failed = group->value.is_error();
        return;
      case Folding::kMin:
        if (first || OrderCompare(value, group->value) < 0) group->value = std::move(value);
        return;
      case Folding::kMax:
        if (first || OrderCompare(value, group->value) > 0) group->value = std::move(value);
        return;
      case Folding::kSample:
        if (first) group->value = std::move(value);
        return;
      case Folding::kConcat:
        if (value.kind == ValueKind::kBlank) {
          group->failed = true;
          return;
        }
        if (first) group->value = Value::String("");
        if (!first) group->value.text += separator_;
        group->value.text += LexicalForm(value);
        return;
    }
  }

  MemoryCharge charge_;
  const Folding folding_;
  const std::string separator_;
  const std::unique_ptr<BoundExpression> expression_;
  EvaluationEnvironment* const env_;
  std::optional<KeySet> seen_;
  std::vector<Group> groups_;
};

std::optional<Folding> FoldingByName(std::string_view name) {
  if (name == "SUM") return Folding::kSum;
  if (name == "AVG") return Folding::kAvg;
  if (name == "MIN") return Folding::kMin;
  if (name == "MAX") return Folding::kMax;
  if (name == "SAMPLE") return Folding::kSample;
  if (name == "GROUP_CONCAT") return Folding::kConcat;
  return std::nullopt;
}

}  // namespace

StatusOr<std::unique_ptr<Aggregate>> NewAggregate(const Expression& aggregate, ExecContext* context,
                                                  const ExpressionScope& scope,
                                                  std::vector<size_t> row_columns) {
  if (aggregate.kind != ExpressionKind::kAggregate)
    return Internal("a group's result that is no aggregate");
  const bool count = aggregate.function == "COUNT";
  if (count && aggregate.args.empty()) {
    return std::unique_ptr<Aggregate>(
        new CountRows(context, aggregate.distinct, std::move(row_columns)));
  }
  const auto folding = FoldingByName(aggregate.function);
  if (!count && !folding) return Unimplemented("the aggregate ", aggregate.function);
  if (aggregate.args.size() != 1) return InvalidArgument(aggregate.function, " needs one argument");
  QR_ASSIGN_OR_RETURN(auto expression, BoundExpression::Bind(*aggregate.args[0], scope));
  if (count) {
    return std::unique_ptr<Aggregate>(
        new CountValues(context, aggregate.distinct, std::move(expression)));
  }
  return std::unique_ptr<Aggregate>(
      new FoldValues(context, *folding, aggregate, std::move(expression), scope.env));
}

}  // namespace quadraft::sparql
