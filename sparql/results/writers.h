// One factory per family of formats, for ResultWriter::New alone.
#ifndef QUADRAFT_SPARQL_RESULTS_WRITERS_H_
#define QUADRAFT_SPARQL_RESULTS_WRITERS_H_

#include <memory>
#include <string>

#include "sparql/results/result_writer.h"

namespace quadraft::sparql {

std::unique_ptr<ResultWriter> NewJsonWriter(std::string* out);
std::unique_ptr<ResultWriter> NewXmlWriter(std::string* out);
std::unique_ptr<ResultWriter> NewCsvWriter(std::string* out);
std::unique_ptr<ResultWriter> NewTsvWriter(std::string* out);
std::unique_ptr<ResultWriter> NewTripleWriter(std::string* out, bool with_graph);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_RESULTS_WRITERS_H_
