// A parsed query or update as SPARQL algebra (SPARQL 1.1 Query, section 18.2), made by sparql/parser.
//
// One Query owns all of its variables; a Var is a number into Query::variables. Blank nodes in patterns are variables whose
// name starts with '.', which SELECT * never projects. Expressions and patterns are trees of owned nodes; a node's kind says
// which of its fields mean anything.
#ifndef QUADRAFT_SPARQL_ALGEBRA_ALGEBRA_H_
#define QUADRAFT_SPARQL_ALGEBRA_ALGEBRA_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/rdf/term.h"

namespace quadraft::sparql {

struct Var {
  uint32_t index = 0;
  friend auto operator<=>(Var, Var) = default;
};
using VarOrTerm = std::variant<Var, rdf::Term>;

struct Pattern;

enum class ExpressionKind : uint8_t {
  kTerm,       // `term`
  kVariable,   // `variable`
  kOr, kAnd,   // two or more args
  kNot,
  kEqual, kNotEqual, kLess, kGreater, kLessEqual, kGreaterEqual,  // two args
  kIn, kNotIn,                    // args[0] IN (args[1..])
  kAdd, kSubtract, kMultiply, kDivide, kNegate, kUnaryPlus,
  kFunction,   // `function`: upper-case built-in name ("STRLEN", "IF", "COALESCE", "BOUND") or an IRI (casts); args
  kExists, kNotExists,            // `pattern`
  kAggregate,  // `function` COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT; args empty for COUNT(*); only below kGroup
};

struct Expression {
  ExpressionKind kind;
  rdf::Term term;
  Var variable;
  std::string function;
  std::vector<std::unique_ptr<Expression>> args;
  std::unique_ptr<Pattern> pattern;
  bool distinct = false;           // Aggregates.
  std::string separator = " ";     // GROUP_CONCAT.
};

// A property path (section 9); a plain IRI predicate is a TriplePattern, not a path.
enum class PathKind : uint8_t { kLink, kInverse, kSequence, kAlternative, kZeroOrMore, kOneOrMore, kZeroOrOne, kNegatedSet };
struct Path {
  PathKind kind;
  rdf::Term iri;                                    // kLink
  std::vector<std::unique_ptr<Path>> args;
  std::vector<rdf::Term> negated, negated_inverse;  // kNegatedSet
};

struct TriplePattern {
  VarOrTerm subject, predicate, object;
  std::unique_ptr<Path> path;  // When set, `predicate` means nothing.
};

struct OrderKey {
  std::unique_ptr<Expression> expression;
  bool descending = false;
};

enum class PatternKind : uint8_t {
  kBasic,      // `triples`, at the active graph
  kJoin,       // children[0], children[1]
  kLeftJoin,   // children[0], children[1], `condition` (may be null)
  kUnion,      // two or more children
  kMinus,      // children[0], children[1]
  kFilter,     // children[0], `condition`
  kExtend,     // children[0], `variable` := `condition`
  kGraph,      // children[0] with the active graph `graph`
  kValues,     // `value_variables`, `value_rows` (nullopt: UNDEF)
  kGroup,      // children[0] grouped by `group_keys` (variables); `aggregates`: variable := aggregate expression
  kOrderBy,    // children[0], `order`
  kProject,    // children[0], `variables`; also the root of a subquery
  kDistinct, kReduced,  // children[0]
  kSlice,      // children[0], `offset`, `limit`
  kService,    // children[0] at `graph`, `silent`
};

struct Pattern {
  PatternKind kind;
  std::vector<std::unique_ptr<Pattern>> children;
  std::vector<TriplePattern> triples;
  std::unique_ptr<Expression> condition;
  Var variable;
  VarOrTerm graph;
  bool silent = false;
  std::vector<Var> variables;
  std::vector<Var> value_variables;
  std::vector<std::vector<std::optional<rdf::Term>>> value_rows;
  std::vector<Var> group_keys;  // Expressions in GROUP BY are kExtend-ed below.
  std::vector<std::pair<Var, std::unique_ptr<Expression>>> aggregates;
  std::vector<OrderKey> order;
  uint64_t offset = 0;
  std::optional<uint64_t> limit;
};

struct Dataset {  // FROM and FROM NAMED, or the protocol's parameters; unset: the store's own.
  std::vector<rdf::Term> default_graphs, named_graphs;
  bool set = false;
};

enum class QueryForm : uint8_t { kSelect, kConstruct, kAsk, kDescribe };

struct QuadTemplate {
  VarOrTerm subject, predicate, object, graph;  // graph: kDefaultGraph term when none. Blank nodes stay kBlank terms.
};

struct Query {
  QueryForm form = QueryForm::kSelect;
  std::vector<std::string> variables;          // Names without '?'.
  std::unique_ptr<Pattern> pattern;            // With all solution modifiers; null for DESCRIBE without WHERE.
  std::vector<Var> projection;                 // SELECT: in order of the results' columns.
  std::vector<QuadTemplate> construct;         // CONSTRUCT.
  std::vector<VarOrTerm> describe;             // DESCRIBE.
  Dataset dataset;
};

enum class UpdateKind : uint8_t { kInsertData, kDeleteData, kModify, kLoad, kClear, kDrop, kCreate, kAdd, kMove, kCopy };
enum class GraphTarget : uint8_t { kOne, kDefault, kNamed, kAll };

struct UpdateOperation {
  UpdateKind kind;
  std::vector<rdf::Quad> quads;                 // kInsertData, kDeleteData.
  std::vector<QuadTemplate> deletes, inserts;   // kModify (DELETE WHERE too).
  std::vector<std::string> variables;           // kModify: of `where`.
  std::unique_ptr<Pattern> where;               // kModify.
  Dataset dataset;                              // USING; WITH is already applied to templates and `where`.
  bool silent = false;
  GraphTarget target = GraphTarget::kOne;       // kClear, kDrop.
  rdf::Term source, destination;                // Graphs of kLoad (source: document), kCreate, kClear, kDrop, kAdd, kMove, kCopy.
};

struct Update {
  std::vector<UpdateOperation> operations;
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_ALGEBRA_ALGEBRA_H_
