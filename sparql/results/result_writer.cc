#include "sparql/results/result_writer.h"

#include "core/base/check.h"
#include "sparql/results/writers.h"

namespace quadraft::sparql {
namespace {

std::string_view FormName(QueryForm form) {
  switch (form) {
    case QueryForm::kSelect:
      return "SELECT";
    case QueryForm::kConstruct:
      return "CONSTRUCT";
    case QueryForm::kAsk:
      return "ASK";
    case QueryForm::kDescribe:
      return "DESCRIBE";
  }
  return "unknown";
}

bool IsTripleFormat(ResultFormat format) {
  return format == ResultFormat::kNTriples || format == ResultFormat::kNQuads ||
         format == ResultFormat::kTurtle;
}

}  // namespace

std::string_view ContentType(ResultFormat format) {
  switch (format) {
    case ResultFormat::kJson:
      return "application/sparql-results+json";
    case ResultFormat::kXml:
      return "application/sparql-results+xml";
    case ResultFormat::kCsv:
      return "text/csv; charset=utf-8";
    case ResultFormat::kTsv:
      return "text/tab-separated-values; charset=utf-8";
    case ResultFormat::kNTriples:
      return "application/n-triples";
    case ResultFormat::kNQuads:
      return "application/n-quads";
    case ResultFormat::kTurtle:
      return "text/turtle; charset=utf-8";
  }
  return "application/octet-stream";
}

std::string_view FormatName(ResultFormat format) {
  switch (format) {
    case ResultFormat::kJson:
      return "json";
    case ResultFormat::kXml:
      return "xml";
    case ResultFormat::kCsv:
      return "csv";
    case ResultFormat::kTsv:
      return "tsv";
    case ResultFormat::kNTriples:
      return "nt";
    case ResultFormat::kNQuads:
      return "nq";
    case ResultFormat::kTurtle:
      return "ttl";
  }
  return "unknown";
}

bool FormatFits(ResultFormat format, QueryForm form) {
  const bool triples = form == QueryForm::kConstruct || form == QueryForm::kDescribe;
  return triples == IsTripleFormat(format);
}

StatusOr<std::unique_ptr<ResultWriter>> ResultWriter::New(ResultFormat format, QueryForm form,
                                                          std::string* out) {
  QR_CHECK(out != nullptr) << "a result writer needs a buffer";
  if (!FormatFits(format, form)) {
    return InvalidArgument("the answer of a ", FormName(form), " query cannot be written as ",
                           FormatName(format));
  }
  switch (format) {
    case ResultFormat::kJson:
      return NewJsonWriter(out);
    case ResultFormat::kXml:
      return NewXmlWriter(out);
    case ResultFormat::kCsv:
      return NewCsvWriter(out);
    case ResultFormat::kTsv:
      return NewTsvWriter(out);
    case ResultFormat::kNQuads:
      return NewTripleWriter(out, /*with_graph=*/true);
    case ResultFormat::kNTriples:
    case ResultFormat::kTurtle:
      return NewTripleWriter(out, /*with_graph=*/false);
  }
  return Internal("unknown result format ", static_cast<int>(format));
}

}  // namespace quadraft::sparql
