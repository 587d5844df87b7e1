// The engine against the oracle on random queries and updates over random data. A difference is a
// bug of one of them. A short form for every day; for more: bazel test
// //sim/oracle:differential_test --test_env=QUADRAFT_DIFFERENTIAL_CASES=200000 --test_output=all
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <tuple>

#include "core/env/random.h"
#include "gtest/gtest.h"
#include "sim/oracle/generator.h"
#include "sim/oracle/oracle.h"
#include "sparql/engine.h"
#include "sparql/parser/parser.h"
#include "sparql/results/json_reader.h"
#include "sparql/testing/memory_view.h"

namespace quadraft::sim::oracle {
namespace {

constexpr size_t kStepsMax = 300'000;

uint64_t Cases() {
  const char* text = std::getenv("QUADRAFT_DIFFERENTIAL_CASES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 4000;
}

StatusOr<Answer> AskEngine(sparql::Query query, std::shared_ptr<const store::ReadView> view) {
  sparql::QueryLimits limits;
  QR_ASSIGN_OR_RETURN(auto running, sparql::StartQuery(std::move(query), std::move(view),
                                                       sparql::ResultFormat::kJson, limits));
  std::string text;
  while (!running->done()) {
    QR_ASSIGN_OR_RETURN(const std::string piece, running->NextPiece(1 << 16));
    text += piece;
  }
  QR_ASSIGN_OR_RETURN(sparql::JsonResults results, sparql::ReadJsonResults(text));
  return Answer{results.boolean, std::move(results.variables), std::move(results.rows), {}};
}

// One quad a line: what only the engine has, and what only the oracle has.
std::string Difference(const Dataset& engine, const Dataset& oracle) {
  std::string text;
  for (const auto& [mark, here, there] : {std::tuple("\nonly the engine: ", &engine, &oracle),
                                          std::tuple("\nonly the oracle: ", &oracle, &engine)}) {
    const std::vector<rdf::Quad> others = there->Quads();
    for (const rdf::Quad& quad : here->Quads()) {
      if (std::find(others.begin(), others.end(), quad) == others.end()) {
        StrAppend(&text, mark, quad.subject.value, " ", quad.predicate.value, " ",
                  quad.object.value, " in ", quad.graph.value);
      }
    }
  }
  return text;
}

TEST(DifferentialTest, QueriesAndUpdates) {
  const uint64_t cases = Cases();
  uint64_t beyond = 0, rows = 0, changed = 0;
  for (uint64_t seed = 1; seed <= cases; ++seed) {
    Random random(seed, "differential");
    GeneratorOptions options;
    options.isolated = seed % 3 == 0;
    Generator generator(options, &random);
    Dataset data;
    const auto fill =
        sparql::ParseUpdate(generator.InsertData(10 + static_cast<int>(random.Below(40))), {});
    ASSERT_TRUE(fill.ok()) << ToString(fill.status());
    data = *Apply(*fill, data, "x");
    for (int i = 0; i < 4; ++i) {
      const auto view = sparql::MemoryView::Of(data.Quads());
      const std::string text = generator.Query();
      const auto query = sparql::ParseQuery(text, {});
      ASSERT_TRUE(query.ok()) << ToString(query.status()) << "\n" << text;
      auto again = sparql::ParseQuery(text, {});
      const auto answer = AskEngine(*std::move(again), view);
      ASSERT_TRUE(answer.ok()) << ToString(answer.status()) << "\n" << text;
      const Judgement judged = JudgeAnswer(*query, data, *answer, kStepsMax);
      beyond += judged.verdict == Judgement::kBeyond;
      rows += answer->rows.size();
      EXPECT_NE(judged.verdict, Judgement::kWrong) << "seed " << seed << ": " << judged.why << "\n"
                                                   << text;

      const std::string change = generator.Update();
      const auto update = sparql::ParseUpdate(change, {});
      ASSERT_TRUE(update.ok()) << ToString(update.status()) << "\n" << change;
      const auto expected = Apply(*update, data, "o", kStepsMax);
      if (absl::IsUnimplemented(expected.status())) {
        ++beyond;
        continue;
      }
      const auto effect = sparql::EvaluateUpdate(*update, view, StrCat("e", i), {});
      ASSERT_EQ(effect.status().code(), expected.status().code())
          << "seed " << seed << ": " << ToString(effect.status()) << "\n"
          << change;
      if (!effect.ok()) continue;
      const Dataset after(view->With(effect->writes)->Quads());
      ASSERT_TRUE(SameData(after, *expected)) << "seed " << seed << "\n"
                                              << change << Difference(after, *expected);
      changed += !(after == data);
      data = after;
    }
    if (HasFailure()) break;
  }
  std::printf(
      "%llu cases of 4 queries and 4 updates: %llu rows, %llu updates changed something, "
      "%llu beyond the oracle\n",
      static_cast<unsigned long long>(cases), static_cast<unsigned long long>(rows),
      static_cast<unsigned long long>(changed), static_cast<unsigned long long>(beyond));
  EXPECT_LT(beyond * 20, cases * 8) << "more than a twentieth is not judged";
  EXPECT_GT(rows, cases * 2) << "the answers are too empty to show anything";
  EXPECT_GT(changed, cases);
}

}  // namespace
}  // namespace quadraft::sim::oracle
