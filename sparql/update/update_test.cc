#include <set>
#include <string>

#include "core/rdf/syntax.h"
#include "gtest/gtest.h"
#include "sparql/engine.h"
#include "sparql/parser/parser.h"
#include "sparql/testing/memory_view.h"
#include "sparql/testing/w3c.h"

namespace quadraft::sparql {
namespace {

std::shared_ptr<const MemoryView> ViewOf(std::string_view trig) {
  const auto quads =
      ParseRdf(StrCat("@prefix : <http://e/> . ", trig), "x.trig", "http://e/", {}, "");
  EXPECT_TRUE(quads.ok()) << ToString(quads.status());
  return MemoryView::Of(quads.value_or(std::vector<rdf::Quad>()));
}

StatusOr<UpdateEffect> Evaluate(std::string_view text, std::shared_ptr<const MemoryView> view,
                                QueryLimits limits = {}) {
  ParseOptions options;
  options.base = "http://e/";
  QR_ASSIGN_OR_RETURN(const Update update,
                      ParseUpdate(StrCat("PREFIX : <http://e/> ", text), options));
  return EvaluateUpdate(update, std::move(view), "u1", limits);
}

// The quads after the update, one per line, with http://e/ as ':'.
std::string After(std::string_view before, std::string_view text) {
  const auto view = ViewOf(before);
  const auto effect = Evaluate(text, view);
  if (!effect.ok()) return ToString(effect.status());
  std::string lines;
  const auto after = view->With(effect->writes);
  for (const rdf::Quad& quad : after->Quads()) rdf::AppendNQuad(&lines, quad);
  std::string out;
  for (size_t at = 0; at < lines.size();) {
    if (lines.compare(at, 10, "<http://e/") == 0) {
      const size_t end = lines.find('>', at);
      out += ":" + lines.substr(at + 10, end - at - 10);
      at = end + 1;
    } else {
      out += lines[at++];
    }
  }
  return out;
}

std::set<std::string> Reads(std::string_view text) {
  const auto effect = Evaluate(text, ViewOf(":s :p :o . :g { :a :b :c }"));
  EXPECT_TRUE(effect.ok()) << ToString(effect.status());
  std::set<std::string> reads;
  if (!effect.ok()) return reads;
  for (const txn::ReadPattern& pattern : effect->reads) {
    std::string text;
    for (const auto* position :
         {&pattern.subject, &pattern.predicate, &pattern.object, &pattern.graph}) {
      std::string part = "*";
      if (position->has_value())
        part = (*position)->is_default_graph() ? "default" : (*position)->value;
      StrAppend(&text, text.empty() ? "" : " ",
                part.starts_with("http://e/") ? ":" + part.substr(9) : part);
    }
    reads.insert(text);
  }
  return reads;
}

TEST(UpdateTest, Data) {
  EXPECT_EQ(After(":a :p 1 .",
                  "INSERT DATA { :a :p 2 . GRAPH :g { :a :p 1 } } ; DELETE DATA { :a :p 1 }"),
            ":a :p \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> :g .\n"
            ":a :p \"2\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n");
  const auto effect = Evaluate(
      "INSERT DATA { :a :p :b } ; DELETE DATA { :a :p :b . :c :p :d } ; INSERT DATA { :c :p :d }",
      ViewOf(""));
  ASSERT_TRUE(effect.ok());
  EXPECT_TRUE(effect->reads.empty());
  ASSERT_EQ(effect->writes.deletes.size(),
            1u);  // Inserted and deleted again: gone, also when it was there before.
  EXPECT_EQ(effect->writes.deletes[0].subject, rdf::Term::Iri("http://e/a"));
  ASSERT_EQ(effect->writes.inserts.size(), 1u);
  EXPECT_EQ(effect->writes.inserts[0].subject, rdf::Term::Iri("http://e/c"));
}

TEST(UpdateTest, BlankNodesOfDataAreNewAndShared) {
  EXPECT_EQ(After("", "INSERT DATA { _:x :p _:y , [] . GRAPH :g { _:x :q _:y } }"),
            "_:u1dx :p _:u1d.0 .\n_:u1dx :p _:u1dy .\n_:u1dx :q _:u1dy :g .\n");
}

TEST(UpdateTest, DeleteInsertWhere) {
  EXPECT_EQ(After(":a :p :b . :c :p :d . :e :q :f .",
                  "DELETE { ?s :p ?o } INSERT { ?o :r ?s } WHERE { ?s :p ?o }"),
            ":b :r :a .\n:d :r :c .\n:e :q :f .\n");
  // All deletes come before all inserts.
  EXPECT_EQ(
      After(":a :p :b . :b :p :a .", "DELETE { ?s :p ?o } INSERT { ?o :p ?s } WHERE { ?s :p ?o }"),
      ":a :p :b .\n:b :p :a .\n");
  EXPECT_EQ(After(":a :p :b . :g { :a :p :b . :c :p :b }",
                  "DELETE WHERE { ?s :p :b GRAPH ?g { ?s :p :b } }"),
            ":c :p :b :g .\n");
}

TEST(UpdateTest, TemplatesLeaveOutWhatIsNoQuad) {
  EXPECT_EQ(After(":a :p :b ; :q \"lit\" .",
                  "INSERT { ?o :new :x . :x ?o :y . ?unbound :new :z . :ok :ok ?o . GRAPH ?o { :in "
                  ":in :in } } "
                  "WHERE { :a :q ?o OPTIONAL { ?o :none ?unbound } }"),
            ":a :p :b .\n:a :q \"lit\" .\n:ok :ok \"lit\" .\n");
}

TEST(UpdateTest, TemplateBlankNodesAreNewPerSolutionAndOperation) {
  EXPECT_EQ(After(":a :p 1 . :b :p 2 .",
                  "DELETE { ?s :p ?o } INSERT { _:n :of ?s ; :is _:n } WHERE { ?s :p ?o } ; "
                  "INSERT { _:n :also ?x } WHERE { ?x :of :a }"),
            "_:u1t1.0.n :is _:u1t1.0.n .\n_:u1t1.0.n :of :a .\n_:u1t1.1.n :is _:u1t1.1.n "
            ".\n_:u1t1.1.n :of :b .\n"
            "_:u1t2.0.n :also _:u1t1.0.n .\n");
}

TEST(UpdateTest, OperationsSeeEachOther) {
  EXPECT_EQ(After(":a :n 1 .",
                  "INSERT DATA { :b :n 2 . :new :n \"a literal unknown to the store\" } ; "
                  "DELETE { ?s :n ?o } INSERT { ?s :m ?o } WHERE { ?s :n ?o FILTER(?o != 1) } ; "
                  "INSERT { :count :is ?c } WHERE { SELECT (COUNT(*) AS ?c) { ?s :m ?o } } ; "
                  "DELETE DATA { :a :n 1 }"),
            ":b :m \"2\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n"
            ":count :is \"2\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n"
            ":new :m \"a literal unknown to the store\" .\n");
}

TEST(UpdateTest, WithAndUsing) {
  constexpr std::string_view kBefore = ":d :p :o . :g { :g1 :p :o } :h { :h1 :p :o }";
  EXPECT_EQ(After(kBefore,
                  "WITH :g DELETE { ?s :p :o } INSERT { ?s :q :o . GRAPH :h { ?s :q :o } } WHERE { "
                  "?s :p :o }"),
            ":d :p :o .\n:g1 :q :o :g .\n:g1 :q :o :h .\n:h1 :p :o :h .\n");
  EXPECT_EQ(After(kBefore, "WITH :new INSERT { :x :y :z } WHERE { }"),
            ":d :p :o .\n:g1 :p :o :g .\n:h1 :p :o :h .\n:x :y :z :new .\n");
  EXPECT_EQ(After(kBefore, "DELETE { GRAPH :g { ?s :p :o } } USING :g USING :h WHERE { ?s :p :o }"),
            ":d :p :o .\n:h1 :p :o :h .\n");
  EXPECT_EQ(
      After(kBefore, "INSERT { :found :in ?g } USING NAMED :h WHERE { GRAPH ?g { ?s :p :o } }"),
      ":d :p :o .\n:found :in :h .\n:g1 :p :o :g .\n:h1 :p :o :h .\n");
}

TEST(UpdateTest, GraphManagement) {
  constexpr std::string_view kBefore = ":d :p :o . :g { :g1 :p :o } :h { :h1 :p :o }";
  EXPECT_EQ(After(kBefore, "CLEAR GRAPH :g"), ":d :p :o .\n:h1 :p :o :h .\n");
  EXPECT_EQ(After(kBefore, "DROP DEFAULT"), ":g1 :p :o :g .\n:h1 :p :o :h .\n");
  EXPECT_EQ(After(kBefore, "CLEAR NAMED"), ":d :p :o .\n");
  EXPECT_EQ(After(kBefore, "DROP ALL"), "");
  EXPECT_EQ(After(kBefore,
                  "CREATE GRAPH :new ; DROP GRAPH :new ; CREATE SILENT GRAPH :g ; CLEAR GRAPH :h"),
            ":d :p :o .\n:g1 :p :o :g .\n");
  EXPECT_EQ(After(kBefore, "COPY :g TO :h"), ":d :p :o .\n:g1 :p :o :g .\n:g1 :p :o :h .\n");
  EXPECT_EQ(After(kBefore, "MOVE :g TO DEFAULT"), ":g1 :p :o .\n:h1 :p :o :h .\n");
  EXPECT_EQ(After(kBefore, "ADD DEFAULT TO :h"),
            ":d :p :o .\n:d :p :o :h .\n:g1 :p :o :g .\n:h1 :p :o :h .\n");
  EXPECT_EQ(After(kBefore,
                  "MOVE :g TO :g ; COPY :g TO :g ; ADD :g TO :g ; CLEAR DEFAULT ; CLEAR GRAPH :h"),
            ":g1 :p :o :g .\n");
  EXPECT_EQ(After(kBefore, "COPY SILENT :none TO :h ; DROP DEFAULT"),
            ":g1 :p :o :g .\n:h1 :p :o :h .\n");
  // What the request itself inserted is copied and cleared, too.
  EXPECT_EQ(After("",
                  "INSERT DATA { GRAPH :a { :x :y :z } } ; COPY :a TO :b ; INSERT DATA { :x :y :z "
                  "} ; CLEAR GRAPH :a"),
            ":x :y :z .\n:x :y :z :b .\n");
}

TEST(UpdateTest, Errors) {
  const auto code = [](std::string_view text, QueryLimits limits = {}) {
    return Evaluate(text, ViewOf(":d :p :o . :g { :s :p :o }"), limits).status().code();
  };
  EXPECT_EQ(code("CREATE GRAPH :g"), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(code("COPY :none TO :g"), absl::StatusCode::kNotFound);
  EXPECT_EQ(code("LOAD <http://remote/x.ttl>"), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(code("LOAD SILENT <http://remote/x.ttl>"), absl::StatusCode::kOk);
  std::atomic<bool> cancelled = true;
  QueryLimits limits;
  limits.cancelled = &cancelled;
  EXPECT_EQ(code("CLEAR ALL", limits), absl::StatusCode::kCancelled);
  limits = {};
  limits.memory_bytes_max = 100;
  EXPECT_EQ(code("INSERT DATA { :a :b :c . :d :e :f }", limits),
            absl::StatusCode::kResourceExhausted);
}

TEST(UpdateTest, ReadPatterns) {
  using Set = std::set<std::string>;
  EXPECT_EQ(Reads("INSERT { :x :y ?o } WHERE { ?s :p ?o . :a ?q \"l\" }"),
            (Set{"* :p * default", ":a * l default"}));
  EXPECT_EQ(Reads("DELETE { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p :o } GRAPH :h { ?s :q 1 } }"),
            (Set{"* * :o *", "* :q 1 :h"}));
  EXPECT_EQ(Reads("INSERT { :x :y ?o } USING :u USING :v USING NAMED :n WHERE { ?s :p ?o GRAPH ?g "
                  "{ ?s :q ?o } }"),
            (Set{"* :p * :u", "* :p * :v", "* :q * :n"}));
  EXPECT_EQ(Reads("WITH :w INSERT { :x :y ?o } WHERE { ?s :p ?o FILTER NOT EXISTS { ?o :q ?s } }"),
            (Set{"* :p * :w", "* :q * :w"}));
  EXPECT_EQ(Reads("INSERT { :x :y ?o } WHERE { :s :p/^:q ?o { SELECT ?o { ?o :r+ :z } } MINUS { ?o "
                  ":m 1 } }"),
            (Set{"* :p * default", "* :q * default", "* :r * default", "* :m 1 default"}));
  EXPECT_EQ(Reads("INSERT { :x :y ?o } WHERE { ?s :p* ?o }"), (Set{"* * * default"}));
  EXPECT_EQ(Reads("INSERT { :x :y ?o } WHERE { ?s !:p ?o }"), (Set{"* * * default"}));
  EXPECT_EQ(Reads("INSERT { :x :y ?g } WHERE { GRAPH ?g { } }"), (Set{"* * * *"}));
  EXPECT_EQ(Reads("CLEAR GRAPH :g"), (Set{"* * * :g"}));
  EXPECT_EQ(Reads("DROP ALL"), (Set{"* * * *"}));
  EXPECT_EQ(Reads("COPY :g TO :h"), (Set{"* * * :g", "* * * :h"}));
  EXPECT_EQ(Reads("ADD DEFAULT TO :h"), (Set{"* * * default"}));
}

}  // namespace
}  // namespace quadraft::sparql
