// SPARQL 1.1 Query Results JSON Format (W3C Recommendation, 21 March 2013): one solution per line.
#include "core/base/check.h"
#include "sparql/results/escape.h"
#include "sparql/results/writers.h"

namespace quadraft::sparql {
namespace {

void AppendTermObject(std::string* out, const rdf::Term& term) {
  switch (term.kind) {
    case rdf::TermKind::kIri:
      *out += "{\"type\":\"uri\",\"value\":";
      break;
    case rdf::TermKind::kBlank:
      *out += "{\"type\":\"bnode\",\"value\":";
      break;
    default:
      *out += "{\"type\":\"literal\",\"value\":";
      break;
  }
  AppendJsonString(out, term.value);
  if (!term.language.empty()) {
    *out += ",\"xml:lang\":";
    AppendJsonString(out, term.language);
  } else if (!term.datatype.empty()) {
    *out += ",\"datatype\":";
    AppendJsonString(out, term.datatype);
  }
  out->push_back('}');
}

class JsonWriter : public ResultWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(out) {}

  void Begin(const std::vector<std::string>& variables) override {
    *out_ += "{\"head\":{\"vars\":[";
    for (const std::string& name : variables) {
      if (&name != &variables.front()) out_->push_back(',');
      AppendJsonString(out_, name);
      std::string& key = keys_.emplace_back();
      AppendJsonString(&key, name);
      key.push_back(':');
    }
    *out_ += "]},\"results\":{\"bindings\":[";
  }

  void Row(std::span<const rdf::Term* const> terms) override {
    QR_CHECK(terms.size() == keys_.size())
        << terms.size() << " terms, " << keys_.size() << " columns";
    *out_ += first_row_ ? "\n{" : ",\n{";
    first_row_ = false;
    bool first = true;
    for (size_t i = 0; i < terms.size(); ++i) {
      if (terms[i] == nullptr) continue;
      if (!first) out_->push_back(',');
      first = false;
      *out_ += keys_[i];
      AppendTermObject(out_, *terms[i]);
    }
    out_->push_back('}');
  }

  void Triple(const rdf::Quad&) override { QR_CHECK(false) << "triples in a table of solutions"; }
  void End() override { *out_ += "\n]}}\n"; }
  void Ask(bool answer) override {
    *out_ += answer ? "{\"head\":{},\"boolean\":true}\n" : "{\"head\":{},\"boolean\":false}\n";
  }

 private:
  std::string* const out_;
  std::vector<std::string> keys_;  // "\"name\":", escaped once.
  bool first_row_ = true;
};

}  // namespace

std::unique_ptr<ResultWriter> NewJsonWriter(std::string* out) {
  return std::make_unique<JsonWriter>(out);
}

}  // namespace quadraft::sparql
