// The checker against a brute-force one that shares nothing with it but the history: no memory, no
// order of trying, no models compiled to numbers. Thousands of tiny random histories, right and
// wrong, with unknown results. The orders that the checker gives as evidence are walked as well.
//
//   Compare(*MutexModel(), ApplyMutex, Maker(ApplyMutex, new_op, result, 0), 4000);
#ifndef QUADRAFT_JEPSEN_LINEAR_DIFFERENTIAL_H_
#define QUADRAFT_JEPSEN_LINEAR_DIFFERENTIAL_H_

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/env/random.h"
#include "gtest/gtest.h"
#include "jepsen/linear/checker.h"

namespace quadraft::jepsen {

using State = std::map<std::string, std::string>;
// Applies the operation; nullopt when it could not have answered so. `known`: its output counts.
using Apply = std::function<std::optional<State>(const State&, const Operation&, bool known)>;

inline bool BruteForce(const std::vector<Operation>& operations, std::vector<bool>* placed,
                       const State& state, const Apply& apply) {
  size_t first_return = Operation::kNever;
  for (size_t i = 0; i < operations.size(); ++i) {
    if (!(*placed)[i] && operations[i].outcome == EventType::kOk) {
      first_return = std::min(first_return, operations[i].completed);
    }
  }
  if (first_return == Operation::kNever) return true;
  for (size_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    if ((*placed)[i] || operation.outcome == EventType::kFail || operation.invoked > first_return) {
      continue;
    }
    const auto next = apply(state, operation, operation.outcome == EventType::kOk);
    if (!next.has_value()) continue;
    (*placed)[i] = true;
    const bool found = BruteForce(operations, placed, *next, apply);
    (*placed)[i] = false;
    if (found) return true;
  }
  return false;
}

// Makes histories of a real object whose operations take effect at a random moment, and sometimes
// lies about a result.
class Maker {
 public:
  using NewOp = std::function<std::pair<std::string, Value>(Random&)>;
  using Result = std::function<Value(const State&, const Operation&, Random&)>;

  Maker(Apply apply, NewOp new_op, Result result, int keys)
      : apply_(std::move(apply)),
        new_op_(std::move(new_op)),
        result_(std::move(result)),
        keys_(keys) {}

  History Make(Random& random, int operations) {
    History history;
    State state;
    struct Running {
      Operation operation;
      bool applied = false;
      bool possible = true;
      Value result;
    };
    std::map<int64_t, Running> running;
    int64_t next_process = 4;  // Processes die with an unknown result; others take their places.
    std::vector<int64_t> idle = {0, 1, 2, 3};
    while (operations > 0 || !running.empty()) {
      const uint64_t dice = random.Below(8);
      if (dice < 3 && operations > 0 && !idle.empty()) {
        --operations;
        Running one;
        one.operation.process = idle.back();
        idle.pop_back();
        std::tie(one.operation.f, one.operation.input) = new_op_(random);
        if (keys_ > 0) one.operation.key = Value::Int(static_cast<int64_t>(random.Below(keys_)));
        history.Invoke(one.operation.process, one.operation.f, one.operation.input, 0,
                       one.operation.key);
        running[one.operation.process] = one;
        continue;
      }
      if (running.empty()) continue;
      auto it = std::next(running.begin(), static_cast<ptrdiff_t>(random.Below(running.size())));
      Running& one = it->second;
      if (!one.applied) {
        one.applied = true;
        one.result = result_(state, one.operation, random);
        one.operation.output = one.result;
        const auto next = apply_(state, one.operation, false);
        one.possible = next.has_value();
        if (next.has_value()) state = *next;
        continue;
      }
      if (random.OneIn(5)) {
        if (random.OneIn(2)) history.Info(it->first);
        idle.push_back(next_process++);
      } else if (!one.possible && !random.OneIn(20)) {
        history.Fail(it->first);
        idle.push_back(it->first);
      } else {
        history.Ok(it->first, one.result);
        idle.push_back(it->first);
      }
      running.erase(it);
    }
    return history;
  }

 private:
  Apply apply_;
  NewOp new_op_;
  Result result_;
  int keys_;
};

// An order must respect real time and be one that the object could have given; of a whole
// history (`is_whole`) it must have every ok operation.
inline void WalkOrder(const std::vector<Operation>& operations, const ObjectResult& object,
                      const Apply& apply, bool is_whole) {
  State state;
  std::set<size_t> placed;
  for (const size_t op : object.order) {
    ASSERT_TRUE(placed.insert(op).second) << "twice: " << operations[op].ToString();
    ASSERT_NE(operations[op].outcome, EventType::kFail);
    for (const size_t other : placed) {
      const bool other_is_later = operations[other].outcome == EventType::kOk &&
                                  operations[op].outcome == EventType::kOk &&
                                  operations[op].completed < operations[other].invoked;
      ASSERT_FALSE(other_is_later) << operations[other].ToString();
    }
    const auto next = apply(state, operations[op], operations[op].outcome == EventType::kOk);
    ASSERT_TRUE(next.has_value()) << operations[op].ToString();
    state = *next;
  }
  ASSERT_EQ(object.states.size(), object.order.size());
  if (!is_whole) {
    ASSERT_FALSE(object.stuck.empty());
    ASSERT_FALSE(placed.contains(object.stuck[0].operation));
    return;
  }
  for (const size_t op : object.operations) {
    ASSERT_TRUE(operations[op].outcome != EventType::kOk || placed.contains(op))
        << "missing: " << operations[op].ToString();
  }
}

inline void Compare(const Model& model, const Apply& apply, Maker maker, int rounds) {
  int right = 0;
  int wrong = 0;
  for (int seed = 0; seed < rounds; ++seed) {
    Random random(static_cast<uint64_t>(seed), model.name());
    const History history = maker.Make(random, 2 + static_cast<int>(random.Below(8)));
    const auto operations = history.Operations();
    ASSERT_TRUE(operations.ok()) << operations.status();
    std::vector<bool> placed(operations->size());
    const bool expected = BruteForce(*operations, &placed, {}, apply);
    const CheckResult result = CheckLinearizable(history, model, {}, Evidence::kOrders);
    ASSERT_EQ(result.verdict, expected ? Verdict::kOk : Verdict::kViolation)
        << "seed " << seed << "\n"
        << history.ToEdn() << result.explanation;
    for (const ObjectResult& object : result.objects) {
      ASSERT_NO_FATAL_FAILURE(WalkOrder(*operations, object, apply, object.verdict == Verdict::kOk))
          << "seed " << seed << "\n"
          << history.ToEdn();
    }
    ++(expected ? right : wrong);
  }
  // Both kinds must occur in number, or this test proves nothing.
  EXPECT_GT(right, rounds / 10);
  EXPECT_GT(wrong, rounds / 20);
}

inline Value SmallInt(Random& random) { return Value::Int(static_cast<int64_t>(random.Below(3))); }

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_LINEAR_DIFFERENTIAL_H_
