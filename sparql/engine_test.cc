// The engine from text to text: forms, limits, refusals. What patterns mean is tested by the W3C's suites and by
// exec/random_pattern_test.cc.
#include "sparql/engine.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sparql/exec/solutions.h"
#include "sparql/parser/parser.h"
#include "sparql/testing/memory_view.h"

namespace quadraft::sparql {
namespace {

rdf::Quad Q(std::string_view s, std::string_view p, const rdf::Term& o, std::string_view g = "") {
  return {rdf::Term::Iri(s), rdf::Term::Iri(p), o, g.empty() ? rdf::Term::DefaultGraph() : rdf::Term::Iri(g)};
}
rdf::Term Integer(int64_t value) { return rdf::Term::Literal(StrCat(value), rdf::kXsdInteger); }

// n:0 .. n:(count-1), each with a value and a link to the next.
std::shared_ptr<const MemoryView> Chain(int count) {
  std::vector<rdf::Quad> quads;
  for (int i = 0; i < count; ++i) {
    quads.push_back(Q(StrCat("n:", i), "p:value", Integer(i % 10)));
    quads.push_back(Q(StrCat("n:", i), "p:next", rdf::Term::Iri(StrCat("n:", i + 1))));
  }
  return MemoryView::Of(std::move(quads));
}

StatusOr<std::string> AnswerTo(std::string_view text, std::shared_ptr<const store::ReadView> view, const QueryLimits& limits = {},
                          ResultFormat format = ResultFormat::kCsv) {
  QR_ASSIGN_OR_RETURN(Query query, ParseQuery(text, {}));
  QR_ASSIGN_OR_RETURN(auto running, StartQuery(std::move(query), std::move(view), format, limits));
  std::string answer;
  while (!running->done()) {
    QR_ASSIGN_OR_RETURN(const std::string piece, running->NextPiece(4096));
    answer += piece;
  }
  std::erase(answer, '\r');
  return answer;
}

std::string Csv(std::string_view text, std::shared_ptr<const store::ReadView> view) {
  const auto answer = AnswerTo(text, std::move(view));
  return answer.ok() ? *answer : ToString(answer.status());
}

TEST(EngineTest, SelectsInOrder) {
  EXPECT_EQ(Csv("SELECT ?s { ?s <p:value> 3 } ORDER BY DESC(?s) LIMIT 2", Chain(30)), "s\nn:3\nn:23\n");
  EXPECT_EQ(Csv("SELECT ?s { ?s <p:value> 3 } ORDER BY ?s LIMIT 1 OFFSET 2", Chain(30)), "s\nn:3\n");
  EXPECT_EQ(Csv("SELECT ?v { ?s <p:value> ?v } ORDER BY DESC(?v) LIMIT 3", Chain(20'000)), "v\n9\n9\n9\n")
      << "far more rows than the sort keeps";
}

TEST(EngineTest, Aggregates) {
  EXPECT_EQ(Csv("SELECT (COUNT(*) AS ?c) (SUM(?v) AS ?s) (AVG(?v) AS ?a) (MIN(?v) AS ?l) (MAX(?v) AS ?h) "
                "(COUNT(DISTINCT ?v) AS ?d) { ?x <p:value> ?v }", Chain(20)),
            "c,s,a,l,h,d\n20,90,4.5,0,9,10\n");
  EXPECT_EQ(Csv("SELECT ?v (COUNT(?s) AS ?c) { ?s <p:value> ?v } GROUP BY ?v HAVING (?v > 7) ORDER BY ?v", Chain(25)),
            "v,c\n8,2\n9,2\n");
  EXPECT_EQ(Csv("SELECT (COUNT(*) AS ?c) (SUM(?v) AS ?s) { ?x <p:none> ?v }", Chain(3)), "c,s\n0,0\n");
  EXPECT_EQ(Csv("SELECT ?x (COUNT(*) AS ?c) { ?x <p:none> ?v } GROUP BY ?x", Chain(3)), "x,c\n");
}

TEST(EngineTest, Paths) {
  EXPECT_EQ(Csv("SELECT (COUNT(*) AS ?c) { <n:0> <p:next>+ ?x }", Chain(50)), "c\n50\n");
  EXPECT_EQ(Csv("SELECT (COUNT(*) AS ?c) { ?x <p:next>* <n:50> }", Chain(50)), "c\n51\n");
  EXPECT_EQ(Csv("SELECT (COUNT(*) AS ?c) { ?x <p:next>+ ?y }", Chain(20)), "c\n210\n");
  EXPECT_EQ(Csv("SELECT ?x { <x:unknown> <p:next>* ?x }", Chain(3)), "x\nx:unknown\n") << "length zero, not in the data";
  EXPECT_EQ(Csv("SELECT ?x { <n:0> <p:next>/<p:next>/^<p:next> ?x }", Chain(5)), "x\nn:1\n");
}

// Section 18.4: a path of length zero begins at a term of the pattern, or at a node of the graph.
TEST(EngineTest, PathsOfLengthZeroFromElsewhere) {
  EXPECT_EQ(Csv("SELECT ?x ?y { VALUES ?x { <x:unknown> <n:0> } ?x <p:next>? ?y } ORDER BY ?y", Chain(3)),
            "x,y\nn:0,n:0\nn:0,n:1\n");
  EXPECT_EQ(Csv("SELECT ?x { VALUES ?x { <x:unknown> <n:0> } ?x <p:next>* <x:unknown> }", Chain(3)), "x\nx:unknown\n");
  EXPECT_EQ(Csv("SELECT ?y { <n:0> ?p <n:1> . ?p <p:next>* ?y }", Chain(3)), "y\n") << "a predicate is no node";
  EXPECT_EQ(Csv("SELECT ?y { <x:unknown> <p:next>?/<p:next>? ?y }", Chain(3)), "y\n");
  EXPECT_EQ(Csv("SELECT (COUNT(*) AS ?c) { <x:unknown> <p:next>?/<p:next>? <x:unknown> }", Chain(3)), "c\n1\n");
}

TEST(EngineTest, AsksAndConstructs) {
  EXPECT_NE(AnswerTo("ASK { <n:0> <p:next> <n:1> }", Chain(2), {}, ResultFormat::kJson)->find("true"), std::string::npos);
  EXPECT_NE(AnswerTo("ASK { <n:1> <p:next> <n:1> }", Chain(2), {}, ResultFormat::kJson)->find("false"), std::string::npos);
  const auto graph = AnswerTo("CONSTRUCT { <x:s> <x:p> ?v . ?v <x:p> ?s } { ?s <p:value> ?v }", Chain(30), {}, ResultFormat::kNTriples);
  EXPECT_EQ(std::count(graph->begin(), graph->end(), '\n'), 10) << "doubles and literal subjects left out:\n" << *graph;
  const auto blanks = AnswerTo("CONSTRUCT { _:b <x:p> ?v . _:b <x:q> _:b } { <n:0> <p:value> ?v }", Chain(1), {}, ResultFormat::kNTriples);
  EXPECT_EQ(std::count(blanks->begin(), blanks->end(), '\n'), 2) << *blanks;
}

TEST(EngineTest, DescribesWithBlankNodes) {
  const auto view = MemoryView::Of({{rdf::Term::Iri("n:a"), rdf::Term::Iri("p:x"), rdf::Term::Blank("b"), {}},
                                    {rdf::Term::Blank("b"), rdf::Term::Iri("p:y"), Integer(1), {}},
                                    Q("n:c", "p:x", Integer(2))});
  const auto answer = AnswerTo("DESCRIBE <n:a>", view, {}, ResultFormat::kNTriples);
  ASSERT_TRUE(answer.ok()) << ToString(answer.status());
  EXPECT_EQ(std::count(answer->begin(), answer->end(), '\n'), 2) << *answer;
}

TEST(EngineTest, GraphsAndDatasets) {
  const auto view = MemoryView::Of({Q("n:a", "p:x", Integer(1)), Q("n:a", "p:x", Integer(2), "g:1"),
                                    Q("n:a", "p:x", Integer(2), "g:2"), Q("n:b", "p:x", Integer(3), "g:2")});
  EXPECT_EQ(Csv("SELECT ?o { ?s ?p ?o }", view), "o\n1\n");
  EXPECT_EQ(Csv("SELECT ?g ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?o", view), "g,o\ng:1,2\ng:2,2\ng:2,3\n");
  EXPECT_EQ(Csv("SELECT ?o FROM <g:1> FROM <g:2> { ?s ?p ?o } ORDER BY ?o", view), "o\n2\n3\n") << "merged: 2 once";
  EXPECT_EQ(Csv("SELECT ?g ?o FROM NAMED <g:1> { GRAPH ?g { ?s ?p ?o } }", view), "g,o\ng:1,2\n");
  EXPECT_EQ(Csv("SELECT ?o FROM NAMED <g:1> { ?s ?p ?o }", view), "o\n");
  EXPECT_EQ(Csv("SELECT ?g ?c { GRAPH ?g { SELECT (COUNT(*) AS ?c) { ?s ?p ?o } } } ORDER BY ?g", view), "g,c\ng:1,1\ng:2,2\n");
}

TEST(EngineTest, ExistsAcrossManySolutions) {
  // More solutions than are probed one by one: the semi-join takes over, and says the same.
  EXPECT_EQ(Csv("SELECT (COUNT(*) AS ?c) { ?s <p:next> ?t FILTER EXISTS { ?t <p:value> 3 } }", Chain(1000)), "c\n100\n");
  EXPECT_EQ(Csv("SELECT (COUNT(*) AS ?c) { ?s <p:next> ?t FILTER NOT EXISTS { ?t <p:value> ?v FILTER(?v > 2) } }", Chain(1000)),
            "c\n300\n") << "n:1 to n:999 with values 0 to 2, and n:1000, which has none";
  EXPECT_EQ(Csv("SELECT (COUNT(*) AS ?c) { ?s <p:value> ?v FILTER EXISTS { ?t <p:value> ?w FILTER(?w > ?v) } }", Chain(1000)),
            "c\n900\n") << "the inner filter needs the outer value";
}

TEST(EngineTest, RefusesByName) {
  const auto refused = [](std::string_view text) {
    const auto answer = AnswerTo(text, Chain(3));
    return answer.ok() ? "answered: " + *answer : ToString(answer.status());
  };
  EXPECT_NE(refused("SELECT * { SERVICE <x:s> { ?s ?p ?o } }").find("UNIMPLEMENTED: SERVICE"), std::string::npos);
  EXPECT_NE(refused("SELECT * { ?s ?p ?o FILTER(<x:f>(?o)) }").find("UNIMPLEMENTED: the function x:f"), std::string::npos);
  EXPECT_NE(refused("SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), \"(a)\\\\1\")) }").find("UNIMPLEMENTED"), std::string::npos);
  EXPECT_EQ(AnswerTo("ASK {}", Chain(1), {}, ResultFormat::kTurtle).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(EngineTest, MemoryIsBounded) {
  QueryLimits limits;
  limits.memory_bytes_max = 100'000;
  for (const char* text : {"SELECT DISTINCT ?a ?b { ?a <p:value> ?v . ?b <p:value> ?v }",
                           "SELECT * { ?a <p:value> ?v . ?b <p:value> ?v } ORDER BY ?a",
                           "SELECT ?s (GROUP_CONCAT(?s) AS ?g) { ?s ?p ?o } GROUP BY ?s ?p",
                           "SELECT * { ?a <p:value> ?v . { SELECT ?b ?w { ?b <p:value> ?w } } FILTER(?v < ?w) }"}) {
    const auto answer = AnswerTo(text, Chain(3000), limits);
    ASSERT_FALSE(answer.ok()) << text;
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kResourceExhausted) << text;
    EXPECT_NE(Message(answer.status()).find("memory_bytes_max"), std::string::npos);
  }
}

class SteppingClock : public Clock {
 public:
  MonotonicTime Now() const override { return MonotonicTime(Duration(++reads_)); }
  WallTime WallNow() const override { return {}; }
  mutable int64_t reads_ = 0;  // A nanosecond passes at each look.
};

TEST(EngineTest, StopsWhenAsked) {
  constexpr std::string_view kHeavy = "SELECT (COUNT(*) AS ?c) { ?a ?p ?x . ?b ?q ?y . ?c ?r ?z }";
  std::atomic<bool> cancelled{true};
  QueryLimits limits;
  limits.cancelled = &cancelled;
  EXPECT_EQ(AnswerTo(kHeavy, Chain(1000), limits).status().code(), absl::StatusCode::kCancelled);
  SteppingClock clock;
  QueryLimits timed;
  timed.clock = &clock;
  timed.deadline = MonotonicTime(Duration(200));
  EXPECT_EQ(AnswerTo(kHeavy, Chain(1000), timed).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(clock.reads_, 220) << "felt at once, not after the join";
}

TEST(EngineTest, LimitStopsWork) {
  // A cartesian product of 10^12 rows, of which three are wanted.
  EXPECT_EQ(Csv("SELECT ?x { ?a <p:value> 0 . ?b <p:value> 0 . ?c <p:value> 0 . ?d <p:value> 0 BIND(1 AS ?x) } LIMIT 3", Chain(10'000)),
            "x\n1\n1\n1\n");
}

// Then a server can answer in one message, with its length.
TEST(EngineTest, ASmallAnswerIsDoneWithItsFirstPiece) {
  for (const std::string_view text : {"SELECT ?o { <n:3> <p:value> ?o }", "ASK { <n:3> ?p ?o }", "SELECT ?o { <n:none> ?p ?o }"}) {
    auto running = StartQuery(*ParseQuery(text, {}), Chain(50), ResultFormat::kJson, {});
    ASSERT_TRUE(running.ok());
    ASSERT_TRUE((*running)->NextPiece(1 << 16).ok());
    EXPECT_TRUE((*running)->done()) << text;
  }
}

TEST(EngineTest, PiecesAreBounded) {
  auto query = ParseQuery("SELECT ?s ?o { ?s <p:value> ?o }", {});
  auto running = StartQuery(*std::move(query), Chain(5000), ResultFormat::kCsv, {});
  ASSERT_TRUE(running.ok());
  size_t pieces = 0;
  while (!(*running)->done()) {
    const auto piece = (*running)->NextPiece(100);
    ASSERT_TRUE(piece.ok());
    EXPECT_LT(piece->size(), 200u);
    ++pieces;
  }
  EXPECT_GT(pieces, 100u);
}

std::string Explain(std::string_view text, std::shared_ptr<const store::ReadView> view) {
  const auto query = ParseQuery(text, {});
  const auto solutions = Solutions::Open(*query->pattern, query->variables, query->dataset, std::move(view), {}, query->projection);
  return (*solutions)->Explain();
}

TEST(PlannerTest, ChoosesByCounts) {
  EXPECT_NE(Explain("SELECT * { ?s <p:value> ?v . <n:5> <p:next> ?s }", Chain(2000)).find("index join"), std::string::npos)
      << "one row on the left";
  EXPECT_NE(Explain("SELECT * { ?s <p:value> 3 . ?s <p:next> ?t . ?t <p:value> 4 }", Chain(2000)).find("join"), std::string::npos);
  EXPECT_NE(Explain("SELECT * { ?s <p:value> ?v . ?s <p:next> ?t }", Chain(2000)).find("hash join"), std::string::npos);
  std::vector<rdf::Quad> quads;
  for (int i = 0; i < 2000; ++i) {
    quads.push_back(Q(StrCat("n:", i), "p:kind", Integer(i % 4)));
    quads.push_back(Q(StrCat("n:", i), "p:half", Integer(i % 2)));
  }
  EXPECT_NE(Explain("SELECT * { ?s <p:kind> 1 . ?s <p:half> 1 }", MemoryView::Of(std::move(quads))).find("merge join"),
            std::string::npos) << "both come ordered by ?s";
  EXPECT_NE(Explain("SELECT * { ?s <p:unheard> ?v . ?s <p:next> ?t }", Chain(20)).find("empty"), std::string::npos);
}

TEST(PlannerTest, FiltersSink) {
  const std::string plan = Explain("SELECT * { ?s <p:value> ?v . ?s <p:next> ?t FILTER(?v > 3) }", Chain(2000));
  EXPECT_GT(plan.find("filter"), plan.find("join")) << "below the join:\n" << plan;
  const std::string optional = Explain("SELECT * { ?s <p:next> ?t OPTIONAL { ?s <p:value> ?v } FILTER(?v > 3) }", Chain(2000));
  EXPECT_LT(optional.find("filter"), optional.find("left join")) << "not into the optional part:\n" << optional;
}

}  // namespace
}  // namespace quadraft::sparql
