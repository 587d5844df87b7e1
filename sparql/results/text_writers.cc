// SPARQL 1.1 Query Results CSV and TSV Formats (W3C Recommendation, 21 March 2013), and triples
// line by line. CSV gives bare values, TSV whole terms. ASK has no form in that document: its
// answer is the one word.
#include "core/base/check.h"
#include "sparql/results/escape.h"
#include "sparql/results/writers.h"

namespace quadraft::sparql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t SkipDigits(std::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

// Whether the literal may be written bare: its datatype is the one that Turtle's number of this
// shape has.
bool IsBareNumber(const rdf::Term& term) {
  const std::string_view text = term.value;
  size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const size_t whole = SkipDigits(text, at) - at;
  at += whole;
  if (at == text.size()) return whole > 0 && term.datatype == rdf::kXsdInteger;
  size_t fraction = 0;
  if (text[at] == '.') {
    fraction = SkipDigits(text, at + 1) - (at + 1);
    at += 1 + fraction;
    if (at == text.size()) return fraction > 0 && term.datatype == rdf::kXsdDecimal;
  }
  if (whole + fraction == 0 || (text[at] != 'e' && text[at] != 'E')) return false;
  ++at;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const size_t end = SkipDigits(text, at);
  return end > at && end == text.size() && term.datatype == rdf::kXsdDouble;
}

class TableWriter : public ResultWriter {
 public:
  void Triple(const rdf::Quad&) override { QR_CHECK(false) << "triples in a table of solutions"; }
  void End() override {}
};

class CsvWriter : public TableWriter {
 public:
  explicit CsvWriter(std::string* out) : out_(out) {}

  void Begin(const std::vector<std::string>& variables) override {
    columns_ = variables.size();
    for (const std::string& name : variables) {
      if (&name != &variables.front()) out_->push_back(',');
      AppendCsvField(out_, name);
    }
    *out_ += "\r\n";
  }

  void Row(std::span<const rdf::Term* const> terms) override {
    QR_CHECK(terms.size() == columns_) << terms.size() << " terms, " << columns_ << " columns";
    for (size_t i = 0; i < terms.size(); ++i) {
      if (i > 0) out_->push_back(',');
      if (terms[i] == nullptr) continue;
      if (terms[i]->is_blank()) *out_ += "_:";
      AppendCsvField(out_, terms[i]->value);
    }
    *out_ += "\r\n";
  }

  void Ask(bool answer) override { *out_ += answer ? "true\r\n" : "false\r\n"; }

 private:
  std::string* const out_;
  size_t columns_ = 0;
};

class TsvWriter : public TableWriter {
 public:
  explicit TsvWriter(std::string* out) : out_(out) {}

  void Begin(const std::vector<std::string>& variables) override {
    columns_ = variables.size();
    for (const std::string& name : variables) {
      if (&name != &variables.front()) out_->push_back('\t');
      out_->push_back('?');
      *out_ += name;
    }
    out_->push_back('\n');
  }

  void Row(std::span<const rdf::Term* const> terms) override {
    QR_CHECK(terms.size() == columns_) << terms.size() << " terms, " << columns_ << " columns";
    for (size_t i = 0; i < terms.size(); ++i) {
      if (i > 0) out_->push_back('\t');
      if (terms[i] == nullptr) continue;
      if (terms[i]->is_literal() && IsBareNumber(*terms[i])) {
        *out_ += terms[i]->value;
      } else {
        AppendTurtleTerm(out_, *terms[i]);
      }
    }
    out_->push_back('\n');
  }

  void Ask(bool answer) override { *out_ += answer ? "true\n" : "false\n"; }

 private:
  std::string* const out_;
  size_t columns_ = 0;
};

class TripleWriter : public ResultWriter {
 public:
  TripleWriter(std::string* out, bool with_graph) : out_(out), with_graph_(with_graph) {}

  void Begin(const std::vector<std::string>&) override {}
  void Row(std::span<const rdf::Term* const>) override { QR_CHECK(false) << "a row among triples"; }
  void Triple(const rdf::Quad& quad) override {
    AppendTurtleTerm(out_, quad.subject);
    out_->push_back(' ');
    AppendTurtleTerm(out_, quad.predicate);
    out_->push_back(' ');
    AppendTurtleTerm(out_, quad.object);
    if (with_graph_ && !quad.graph.is_default_graph()) {
      out_->push_back(' ');
      AppendTurtleTerm(out_, quad.graph);
    }
    *out_ += " .\n";
  }
  void End() override {}
  void Ask(bool) override { QR_CHECK(false) << "a boolean among triples"; }

 private:
  std::string* const out_;
  const bool with_graph_;
};

}  // namespace

std::unique_ptr<ResultWriter> NewCsvWriter(std::string* out) {
  return std::make_unique<CsvWriter>(out);
}
std::unique_ptr<ResultWriter> NewTsvWriter(std::string* out) {
  return std::make_unique<TsvWriter>(out);
}
std::unique_ptr<ResultWriter> NewTripleWriter(std::string* out, bool with_graph) {
  return std::make_unique<TripleWriter>(out, with_graph);
}

}  // namespace quadraft::sparql
