#include "sparql/protocol/protocol.h"

#include <string>

#include "gtest/gtest.h"
#include "sparql/protocol/form.h"

namespace quadraft::sparql {
namespace {

http::Request Get(std::string query) {
  return {.method = "GET", .path = "/sparql", .query = std::move(query)};
}

http::Request Post(std::string type, std::string body, std::string query = "") {
  return {.method = "POST",
          .path = "/sparql",
          .query = std::move(query),
          .headers = {{"content-type", std::move(type)}, {"accept", "text/csv"}},
          .body = std::move(body)};
}

int ErrorOf(const http::Request& request) { return HttpStatusFor(DecodeRequest(request).status()); }

TEST(DecodeRequestTest, QueryByGet) {
  const auto r = DecodeRequest(
      Get("query=ASK+%7B%C3%A9%7D&default-graph-uri=http%3A%2F%2Fa&default-graph-uri=urn:b&"
          "named-graph-uri=urn:c&timeout=250&consistency=local&format=whatever"));
  ASSERT_TRUE(r.ok()) << ToString(r.status());
  EXPECT_EQ(r->kind, ProtocolRequest::Kind::kQuery);
  EXPECT_EQ(r->text, "ASK {é}");
  EXPECT_TRUE(r->dataset.set);
  ASSERT_EQ(r->dataset.default_graphs.size(), 2u);
  EXPECT_EQ(r->dataset.default_graphs[0], rdf::Term::Iri("http://a"));
  ASSERT_EQ(r->dataset.named_graphs.size(), 1u);
  EXPECT_EQ(r->options.timeout_ms, 250);
  EXPECT_EQ(r->options.consistency, Consistency::kLocal);
}

TEST(DecodeRequestTest, FormsOfPost) {
  const auto query =
      DecodeRequest(Post("application/x-www-form-urlencoded; charset=UTF-8", "query=ASK%20%7B%7D"));
  ASSERT_TRUE(query.ok()) << ToString(query.status());
  EXPECT_EQ(query->text, "ASK {}");
  EXPECT_FALSE(query->dataset.set);
  EXPECT_EQ(query->accept, "text/csv");
  const auto update = DecodeRequest(
      Post("application/x-www-form-urlencoded", "using-graph-uri=urn:g&update=CLEAR+ALL"));
  ASSERT_TRUE(update.ok()) << ToString(update.status());
  EXPECT_EQ(update->kind, ProtocolRequest::Kind::kUpdate);
  EXPECT_EQ(update->text, "CLEAR ALL");
  EXPECT_EQ(update->dataset.default_graphs[0], rdf::Term::Iri("urn:g"));
  const auto direct = DecodeRequest(
      Post("application/sparql-update", "CLEAR ALL # 100%", "using-named-graph-uri=urn:n"));
  ASSERT_TRUE(direct.ok()) << ToString(direct.status());
  EXPECT_EQ(direct->kind, ProtocolRequest::Kind::kUpdate);
  EXPECT_EQ(direct->text, "CLEAR ALL # 100%");
  EXPECT_EQ(direct->dataset.named_graphs[0], rdf::Term::Iri("urn:n"));
  const auto direct_query =
      DecodeRequest(Post("Application/SPARQL-Query;charset=\"utf-8\"", "ASK {}"));
  ASSERT_TRUE(direct_query.ok()) << ToString(direct_query.status());
  EXPECT_EQ(direct_query->kind, ProtocolRequest::Kind::kQuery);
}

// The negative tests of the W3C's protocol suite, by their names there.
TEST(DecodeRequestTest, Errors) {
  EXPECT_EQ(ErrorOf(Get("query=ASK%20%7B%7D&query=SELECT")), 400) << "bad_multiple_queries";
  EXPECT_EQ(ErrorOf({.method = "PUT", .path = "/sparql", .query = "query=ASK%20%7B%7D"}), 405)
      << "bad_query_method";
  EXPECT_EQ(ErrorOf(Post("text/plain", "query=ASK%20%7B%7D")), 415) << "bad_query_wrong_media_type";
  EXPECT_EQ(ErrorOf({.method = "POST", .path = "/sparql", .body = "query=ASK%20%7B%7D"}), 415)
      << "bad_query_missing_form_type";
  EXPECT_EQ(ErrorOf(Post("application/sparql-query; charset=UTF-16", "ASK {}")), 415)
      << "bad_query_non_utf8";
  EXPECT_EQ(ErrorOf(Get("update=CLEAR%20ALL")), 400) << "bad_update_get";
  EXPECT_EQ(ErrorOf(Post("application/x-www-form-urlencoded", "update=CLEAR&update=CLEAR")), 400)
      << "bad_multiple_updates";
  EXPECT_EQ(ErrorOf(Post("application/sparql-update; charset=UTF-16", "CLEAR ALL")), 415)
      << "bad_update_non_utf8";
  EXPECT_EQ(ErrorOf(Post("application/x-www-form-urlencoded", "query=ASK&update=CLEAR")), 400);
  EXPECT_EQ(ErrorOf(Post("application/sparql-query", "ASK {}", "query=ASK")), 400);
  EXPECT_EQ(ErrorOf(Get("")), 400);
  EXPECT_EQ(ErrorOf(Get("query=%7")), 400);
  EXPECT_EQ(ErrorOf(Get("query=%ff")), 400);
  EXPECT_EQ(ErrorOf(Get("query=ASK&default-graph-uri=relative")), 400);
  EXPECT_EQ(ErrorOf(Get("query=ASK&using-graph-uri=urn:g")), 400);
  EXPECT_EQ(ErrorOf(Post("application/sparql-update", "CLEAR ALL", "default-graph-uri=urn:g")),
            400);
  EXPECT_EQ(ErrorOf(Post("application/sparql-query", "\xff")), 400);
  for (const char* timeout : {"0", "-1", "x", "", "1.5", "86400001", "99999999999999999999"}) {
    EXPECT_EQ(ErrorOf(Get(StrCat("query=ASK&timeout=", timeout))), 400) << timeout;
  }
  EXPECT_EQ(ErrorOf(Get("query=ASK&consistency=maybe")), 400);
}

TEST(DecodeRequestTest, HowFarBehindAReadMayBe) {
  const auto options = [](std::string query) { return DecodeRequest(Get("query=ASK%7B%7D&" + query)); };
  for (const char* query : {"max-staleness=1500", "consistency=bounded&max-staleness=1500"}) {
    const auto r = options(query);
    ASSERT_TRUE(r.ok()) << ToString(r.status());
    EXPECT_EQ(r->options.consistency, Consistency::kBounded);
    EXPECT_EQ(r->options.max_staleness_ms, 1500);
  }
  for (const char* query :
       {"consistency=bounded", "consistency=local&max-staleness=5", "max-staleness=0",
        "consistency=linearizable&max-staleness=5", "max-staleness=1s", "consistency=eventual"}) {
    EXPECT_EQ(HttpStatusFor(options(query).status()), 400) << query;
  }
  const auto graph = DecodeGraphStoreRequest(
      {.method = "GET", .path = "/store", .query = "default&max-staleness=20"});
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(graph->options.consistency, Consistency::kBounded);
}

TEST(DecodeGraphStoreRequestTest, Targets) {
  const auto graph = DecodeGraphStoreRequest(
      {.method = "GET", .path = "/store", .query = "graph=http%3A%2F%2Fe%2Fg%3Fx"});
  ASSERT_TRUE(graph.ok()) << ToString(graph.status());
  EXPECT_EQ(graph->graph, rdf::Term::Iri("http://e/g?x"));
  EXPECT_FALSE(graph->whole_dataset);
  const auto other =
      DecodeGraphStoreRequest({.method = "DELETE", .path = "/store", .query = "default"});
  ASSERT_TRUE(other.ok()) << ToString(other.status());
  EXPECT_TRUE(other->graph.is_default_graph());
  EXPECT_EQ(other->method, GraphStoreRequest::Method::kDelete);
  const auto all = DecodeGraphStoreRequest({.method = "HEAD", .path = "/store"});
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(all->whole_dataset);
  for (const char* query :
       {"default&graph=urn:g", "graph=urn:a&graph=urn:b", "graph=relative", "graph="}) {
    const auto bad = DecodeGraphStoreRequest({.method = "GET", .path = "/store", .query = query});
    EXPECT_EQ(HttpStatusFor(bad.status()), 400) << query;
  }
  const auto method =
      DecodeGraphStoreRequest({.method = "PATCH", .path = "/store", .query = "default"});
  EXPECT_EQ(HttpStatusFor(method.status()), 405);
  EXPECT_EQ(AllowedMethods(method.status()), "GET, HEAD, PUT, POST, DELETE");
}

TEST(DecodeGraphStoreRequestTest, Bodies) {
  const auto decode = [](std::string method, std::string type, std::string query) {
    return DecodeGraphStoreRequest({.method = std::move(method),
                                    .path = "/store",
                                    .query = std::move(query),
                                    .headers = {{"content-type", std::move(type)}},
                                    .body = "<a:> <b:> <c:> ."});
  };
  const auto put = decode("PUT", "text/turtle; charset=utf-8", "default");
  ASSERT_TRUE(put.ok()) << ToString(put.status());
  EXPECT_EQ(put->syntax, rdf::Syntax::kTurtle);
  const auto quads = decode("POST", "application/n-quads", "");
  ASSERT_TRUE(quads.ok()) << ToString(quads.status());
  EXPECT_TRUE(quads->whole_dataset);
  EXPECT_EQ(HttpStatusFor(decode("POST", "application/n-quads", "default").status()), 400);
  EXPECT_EQ(HttpStatusFor(decode("POST", "text/turtle", "").status()), 400);
  EXPECT_EQ(HttpStatusFor(decode("PUT", "application/rdf+xml", "default").status()), 415);
  EXPECT_EQ(HttpStatusFor(decode("PUT", "text/turtle; charset=latin1", "default").status()), 415);
}

ResultFormat Chosen(QueryForm form, std::string_view accept) {
  const auto format = NegotiateFormat(form, accept);
  EXPECT_TRUE(format.ok()) << ToString(format.status());
  return format.value_or(ResultFormat::kJson);
}

TEST(NegotiateTest, TablesByWeightAndSpecificity) {
  EXPECT_EQ(Chosen(QueryForm::kSelect, ""), ResultFormat::kJson);
  EXPECT_EQ(Chosen(QueryForm::kAsk, "*/*"), ResultFormat::kJson);
  EXPECT_EQ(Chosen(QueryForm::kSelect, "text/csv;q=0.5, application/sparql-results+xml"),
            ResultFormat::kXml);
  EXPECT_EQ(Chosen(QueryForm::kSelect, "text/csv;q=0.5, application/xml;q=0.49"),
            ResultFormat::kCsv);
  EXPECT_EQ(Chosen(QueryForm::kSelect, "text/*, text/csv;q=0.1"), ResultFormat::kTsv);
  EXPECT_EQ(
      Chosen(QueryForm::kSelect, "*/*, application/sparql-results+json;q=0, application/json;q=0"),
      ResultFormat::kXml);
  EXPECT_EQ(Chosen(QueryForm::kSelect, "TEXT/CSV ; Q=1 , */*;q=0.9"), ResultFormat::kCsv);
  EXPECT_EQ(
      Chosen(QueryForm::kSelect, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
      ResultFormat::kXml);
}

TEST(NegotiateTest, Triples) {
  EXPECT_EQ(Chosen(QueryForm::kConstruct, ""), ResultFormat::kTurtle);
  EXPECT_EQ(Chosen(QueryForm::kDescribe, "application/n-triples"), ResultFormat::kNTriples);
  EXPECT_EQ(NegotiateGraphFormat(true, "*/*").value(), ResultFormat::kNQuads);
}

TEST(NegotiateTest, NothingFits) {
  EXPECT_EQ(HttpStatusFor(NegotiateFormat(QueryForm::kSelect, "text/turtle").status()), 406);
  EXPECT_EQ(HttpStatusFor(NegotiateFormat(QueryForm::kSelect, "*/*;q=0").status()), 406);
  EXPECT_EQ(HttpStatusFor(NegotiateFormat(QueryForm::kConstruct, "text/csv").status()), 406);
  EXPECT_EQ(HttpStatusFor(NegotiateGraphFormat(true, "text/turtle").status()), 406);
}

TEST(ErrorsTest, StatusAndBody) {
  EXPECT_EQ(HttpStatusFor(OkStatus()), 200);
  EXPECT_EQ(HttpStatusFor(NotFound("x")), 404);
  EXPECT_EQ(HttpStatusFor(Aborted("x")), 409);
  EXPECT_EQ(HttpStatusFor(ResourceExhausted("x")), 429);
  EXPECT_EQ(HttpStatusFor(Unimplemented("x")), 501);
  EXPECT_EQ(HttpStatusFor(Unavailable("x")), 503);
  EXPECT_EQ(HttpStatusFor(Cancelled("x")), 503);
  EXPECT_EQ(HttpStatusFor(DeadlineExceeded("x")), 504);
  EXPECT_EQ(HttpStatusFor(DataLoss("x")), 500);
  EXPECT_EQ(HttpStatusFor(Internal("x")), 500);
  const Body plain = ErrorBody(InvalidArgument("line 1, column 2: found 'x'"), "*/*");
  EXPECT_EQ(plain.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(plain.text, "400 Bad Request\nline 1, column 2: found 'x'\n");
  const Body json = ErrorBody(Unavailable("no \"leader\""), "application/sparql-results+json");
  EXPECT_EQ(json.content_type, "application/problem+json");
  EXPECT_EQ(json.text,
            "{\"status\":503,\"title\":\"Service Unavailable\",\"detail\":\"no "
            "\\\"leader\\\"\",\"next\":\"Nothing was done. "
            "Send the request again in a moment, here or to another node.\"}\n");
}

TEST(FormTest, ManyFields) {
  std::string many;
  for (size_t i = 0; i <= kFormFieldsMax; ++i) many += "a=1&";
  EXPECT_FALSE(DecodeForm(many).ok());
  const auto fields = DecodeForm("&a&b=&=c&d=1=2&&");
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(*fields, (FormFields{{"a", ""}, {"b", ""}, {"", "c"}, {"d", "1=2"}}));
}

}  // namespace
}  // namespace quadraft::sparql
