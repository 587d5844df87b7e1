// The writing half of syntax.h.
#include "core/rdf/escape.h"
#include "core/rdf/syntax.h"

namespace quadraft::rdf {

void AppendNTerm(std::string* out, const Term& term) {
  switch (term.kind) {
    case TermKind::kDefaultGraph:
      return;
    case TermKind::kIri:
      out->push_back('<');
      AppendEscapedIri(out, term.value);
      out->push_back('>');
      return;
    case TermKind::kBlank:
      out->append("_:").append(term.value);
      return;
    case TermKind::kLiteral:
      out->push_back('"');
      AppendEscaped(out, term.value);
      out->push_back('"');
      if (!term.language.empty()) {
        out->append("@").append(term.language);
      } else if (!term.datatype.empty()) {
        out->append("^^<");
        AppendEscapedIri(out, term.datatype);
        out->push_back('>');
      }
      return;
  }
}

void AppendNQuad(std::string* out, const Quad& quad) {
  for (const Term* term : {&quad.subject, &quad.predicate, &quad.object, &quad.graph}) {
    if (term->is_default_graph()) continue;
    AppendNTerm(out, *term);
    out->push_back(' ');
  }
  out->append(".\n");
}

}  // namespace quadraft::rdf
