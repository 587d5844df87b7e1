// SPARQL Query Results XML Format, Second Edition (W3C Recommendation, 21 March 2013).
#include "core/base/check.h"
#include "sparql/results/escape.h"
#include "sparql/results/writers.h"

namespace quadraft::sparql {
namespace {

constexpr std::string_view kProlog =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<sparql xmlns=\"http://www.w3.org/2005/sparql-results#\">\n";

void AppendTermElement(std::string* out, const rdf::Term& term) {
  if (term.is_iri()) {
    *out += "<uri>";
    AppendXmlText(out, term.value);
    *out += "</uri>";
    return;
  }
  if (term.is_blank()) {
    *out += "<bnode>";
    AppendXmlText(out, term.value);
    *out += "</bnode>";
    return;
  }
  *out += "<literal";
  if (!term.language.empty()) {
    *out += " xml:lang=\"";
    AppendXmlText(out, term.language);
    out->push_back('"');
  } else if (!term.datatype.empty()) {
    *out += " datatype=\"";
    AppendXmlText(out, term.datatype);
    out->push_back('"');
  }
  out->push_back('>');
  AppendXmlText(out, term.value);
  *out += "</literal>";
}

class XmlWriter : public ResultWriter {
 public:
  explicit XmlWriter(std::string* out) : out_(out) {}

  void Begin(const std::vector<std::string>& variables) override {
    *out_ += kProlog;
    *out_ += "<head>";
    for (const std::string& name : variables) {
      std::string escaped;
      AppendXmlText(&escaped, name);
      *out_ += "<variable name=\"";
      *out_ += escaped;
      *out_ += "\"/>";
      tags_.push_back(StrCat("<binding name=\"", escaped, "\">"));
    }
    *out_ += "</head>\n<results>\n";
  }

  void Row(std::span<const rdf::Term* const> terms) override {
    QR_CHECK(terms.size() == tags_.size())
        << terms.size() << " terms, " << tags_.size() << " columns";
    *out_ += "<result>";
    for (size_t i = 0; i < terms.size(); ++i) {
      if (terms[i] == nullptr) continue;
      *out_ += tags_[i];
      AppendTermElement(out_, *terms[i]);
      *out_ += "</binding>";
    }
    *out_ += "</result>\n";
  }

  void Triple(const rdf::Quad&) override { QR_CHECK(false) << "triples in a table of solutions"; }
  void End() override { *out_ += "</results>\n</sparql>\n"; }
  void Ask(bool answer) override {
    *out_ += kProlog;
    *out_ += answer ? "<head></head>\n<boolean>true</boolean>\n</sparql>\n"
                    : "<head></head>\n<boolean>false</boolean>\n</sparql>\n";
  }

 private:
  std::string* const out_;
  std::vector<std::string> tags_;  // The opening binding tags, escaped once.
};

}  // namespace

std::unique_ptr<ResultWriter> NewXmlWriter(std::string* out) {
  return std::make_unique<XmlWriter>(out);
}

}  // namespace quadraft::sparql
