// The recursive descent behind parser.h: one class, its methods spread over one file per part of
// the grammar.
//
//   parser_impl.cc  tokens, errors, names, prologue, the two entry points
//   terms.cc        IRIs, literals, variables, blank nodes
//   triples.cc      triples blocks and templates, collections      paths.cc        property paths
//   patterns.cc     group graph patterns to algebra                expressions.cc  operators,
//   functions, aggregates select.cc       SELECT clause, solution modifiers              forms.cc
//   the four query forms, FROM update.cc       the update operations
//
// State: 1. `token_` is the next token, not yet consumed; 2. every Parse* method consumes exactly
// its rule; 3. after an error nothing but destruction follows.
#ifndef QUADRAFT_SPARQL_PARSER_PARSER_IMPL_H_
#define QUADRAFT_SPARQL_PARSER_PARSER_IMPL_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/status.h"
#include "sparql/algebra/algebra.h"
#include "sparql/parser/parser.h"
#include "sparql/parser/source.h"
#include "sparql/parser/tokenizer.h"

namespace quadraft::sparql {

using PatternPtr = std::unique_ptr<Pattern>;
using ExpressionPtr = std::unique_ptr<Expression>;
using PathPtr = std::unique_ptr<Path>;

// Bytes of terms that a text may unfold to: so many, and so many times its own length.
inline constexpr size_t kTermBytesMax = 64u << 20;
inline constexpr size_t kTermBytesPerTextByteMax = 64;

PatternPtr MakePattern(PatternKind kind, PatternPtr first = nullptr, PatternPtr second = nullptr);
ExpressionPtr MakeExpression(ExpressionKind kind, ExpressionPtr first = nullptr,
                             ExpressionPtr second = nullptr);
ExpressionPtr MakeVariable(Var variable);
// The conjunction of the conditions; null when there are none.
ExpressionPtr Conjunction(std::vector<ExpressionPtr> conditions);

// Where triples stand: what may be written there.
enum class TripleContext : uint8_t {
  kPattern,     // Variables, paths; blank nodes become variables.
  kTemplate,    // Variables, blank nodes.
  kNoBlanks,    // DELETE templates, DELETE WHERE: variables.
  kData,        // INSERT DATA: blank nodes.
  kGroundData,  // DELETE DATA: neither.
};

class Parser {
 public:
  Parser(const Source* source, const ParseOptions& options);
  StatusOr<Query> ParseQueryUnit();
  StatusOr<Update> ParseUpdateUnit();

 private:
  // What one SELECT, CONSTRUCT, ... gathers while its clauses are read.
  struct Selection {
    bool star = false, distinct = false, reduced = false;
    struct Item {
      Var variable;
      ExpressionPtr expression;  // Null: a plain variable.
      size_t at = 0;             // For errors.
    };
    std::vector<Item> items, group;
    std::vector<std::pair<Var, ExpressionPtr>> aggregates;
    bool grouped = false;  // GROUP BY was there.
    std::vector<ExpressionPtr> having;
    std::vector<OrderKey> order;
    PatternPtr values;
    uint64_t offset = 0;
    std::optional<uint64_t> limit;
    size_t begin = 0;  // Where the clause stands, for errors.
  };
  // A group's translation, its filters still apart: OPTIONAL wants them as its condition.
  struct Group {
    PatternPtr pattern;
    std::vector<ExpressionPtr> filters;
  };

  // One level of nesting, or one link of a chain that makes the tree deeper, for as long as it
  // lives.
  class Depth {
   public:
    explicit Depth(Parser* parser) : parser_(parser), before_(parser->depth_) {}
    ~Depth() { parser_->depth_ = before_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    Parser* const parser_;
    const int before_;
  };
  Status Deepen();  // InvalidArgument past kNestingMax.

  // Accounts for bytes of terms, which prefixes and object lists multiply; ResourceExhausted past
  // the bound.
  Status Spend(size_t bytes);

  // parser_impl.cc
  void Advance();
  const Token& PeekNext();  // The token after token_.
  bool AtPunctuation(std::string_view mark) const;
  bool AtWord(std::string_view upper) const;
  bool AcceptPunctuation(std::string_view mark);
  bool AcceptWord(std::string_view upper);
  Status ExpectPunctuation(std::string_view mark);
  Status ExpectWord(std::string_view upper);
  Status Unexpected(std::string_view expected) const;  // About token_.
  Status ErrorAt(size_t offset, std::string_view text) const;
  std::string Describe(const Token& token) const;
  Status ParsePrologue();
  void ResetNames();  // A new query or operation: no variables yet.
  Var NamedVariable(const std::string& name);
  Var InternalVariable();
  std::string NameOf(Var variable) const { return variables_[variable.index]; }

  // terms.cc
  bool AtIri() const {
    return token_.kind == TokenKind::kIri || token_.kind == TokenKind::kPrefixed;
  }
  bool AtNumber() const;
  bool AtLiteral() const;
  bool AtVariable() const { return token_.kind == TokenKind::kVariable; }
  bool AtA() const;  // The keyword 'a', lower case only.
  StatusOr<rdf::Term> ParseIri();
  StatusOr<std::string> ResolveIriToken(const Token& token);
  StatusOr<rdf::Term> ParseLiteral();
  StatusOr<Var> ParseVariable();
  StatusOr<VarOrTerm> ParseVarOrIri();
  StatusOr<VarOrTerm> BlankNode(const std::string& label, size_t offset, TripleContext context);
  VarOrTerm FreshBlank(TripleContext context);

  // triples.cc
  bool AtTriples() const;
  bool AtVerb() const;
  Status ParseTriplesSameSubject(TripleContext context, std::vector<TriplePattern>* out);
  Status ParseTriplesTemplate(TripleContext context, std::vector<TriplePattern>* out);
  Status ParsePropertyList(const VarOrTerm& subject, TripleContext context,
                           std::vector<TriplePattern>* out);
  Status ParseObjectList(const VarOrTerm& subject, TriplePattern* verb, TripleContext context,
                         std::vector<TriplePattern>* out);
  Status ParseVerb(TripleContext context, TriplePattern* verb);
  StatusOr<VarOrTerm> ParseGraphNode(TripleContext context, std::vector<TriplePattern>* out,
                                     bool* is_node_with_triples);
  StatusOr<VarOrTerm> ParseCollection(TripleContext context, std::vector<TriplePattern>* out);

  // paths.cc
  StatusOr<PathPtr> ParsePath();
  StatusOr<PathPtr> ParsePathSequence();
  StatusOr<PathPtr> ParsePathElement();
  StatusOr<PathPtr> ParsePathPrimary();
  StatusOr<PathPtr> ParseNegatedSet();

  // patterns.cc
  StatusOr<Group> ParseGroup();              // With its braces.
  StatusOr<PatternPtr> ParseGroupPattern();  // The same with its filters applied.
  Status ParseGroupElements(Group* group);
  Status ParseGroupElement(Group* group, bool* known);  // *known: false when token_ starts none.
  Status ParseTriplesInto(Group* group, bool fresh_block);
  Status ParseOptional(Group* group);
  Status ParseBind(Group* group);
  StatusOr<PatternPtr> ParseGroupOrUnion();
  StatusOr<PatternPtr> ParseGraphPattern();
  StatusOr<PatternPtr> ParseService();
  StatusOr<PatternPtr> ParseValues();
  StatusOr<std::optional<rdf::Term>> ParseDataValue();
  Status JoinInto(Group* group, PatternPtr pattern);

  // expressions.cc
  StatusOr<ExpressionPtr> ParseExpression(int level = 0);
  StatusOr<ExpressionPtr> ParseUnary();
  StatusOr<ExpressionPtr> ParsePrimary();
  StatusOr<ExpressionPtr> ParseBracketted();
  StatusOr<ExpressionPtr> ParseIn(ExpressionPtr left, ExpressionKind kind);
  bool AtConstraint() const;
  StatusOr<ExpressionPtr> ParseConstraint();  // Bracketted, built-in or function call.
  StatusOr<ExpressionPtr> ParseIriOrFunction();
  bool AtBuiltIn() const;
  StatusOr<ExpressionPtr> ParseBuiltIn();
  StatusOr<ExpressionPtr> ParseExists(bool negated);
  StatusOr<ExpressionPtr> ParseAggregate();
  Status ParseArguments(Expression* call);  // With its parentheses.

  // select.cc
  Status ParseSelectClause(Selection* selection);
  Status ParseSolutionModifiers(Selection* selection);
  Status ParseGroupBy(Selection* selection);
  Status ParseOrderBy(Selection* selection);
  Status ParseLimits(Selection* selection);
  Status ParseTrailingValues(Selection* selection);
  // Section 18.2.4 and 18.2.5 on top of `where`. With a projection (SELECT): what it lists, or all
  // for '*'.
  StatusOr<PatternPtr> ApplyModifiers(Selection selection, PatternPtr where,
                                      std::vector<Var>* projection);
  StatusOr<PatternPtr> ApplyGrouping(Selection* selection, PatternPtr pattern);
  StatusOr<PatternPtr> ApplyAliases(Selection* selection, PatternPtr pattern);
  StatusOr<PatternPtr> Extend(PatternPtr pattern, Var variable, ExpressionPtr expression,
                              size_t at);
  Status CheckGrouped(const Selection& selection);
  StatusOr<std::vector<Var>> ProjectionOf(const Selection& selection, const Pattern& pattern);
  StatusOr<PatternPtr> ParseSubSelect();
  StatusOr<PatternPtr> ParseWhere();

  // forms.cc
  StatusOr<Query> ParseSelectQuery();
  StatusOr<Query> ParseConstructQuery();
  Status ParseConstructWhere(Query* query);
  StatusOr<Query> ParseDescribeQuery();
  StatusOr<Query> ParseAskQuery();
  Status ParseDatasetClauses(Dataset* dataset);

  // update.cc
  StatusOr<UpdateOperation> ParseOperation();
  StatusOr<UpdateOperation> ParseData(UpdateKind kind, TripleContext context);
  StatusOr<UpdateOperation> ParseDeleteWhere();
  StatusOr<UpdateOperation> ParseModify();
  StatusOr<UpdateOperation> ParseLoad();
  StatusOr<UpdateOperation> ParseClearOrDrop(UpdateKind kind);
  StatusOr<UpdateOperation> ParseCreate();
  StatusOr<UpdateOperation> ParseGraphToGraph(UpdateKind kind);
  Status ParseQuads(TripleContext context, std::vector<QuadTemplate>* out);  // With its braces.
  StatusOr<rdf::Term> ParseGraphOrDefault();
  StatusOr<rdf::Term> ParseGraphRef();
  Status ParseUsing(Dataset* dataset, bool* any);

  const Source* const source_;
  const ParseOptions& options_;
  Tokenizer tokens_;
  Token token_;
  std::optional<Token> next_;
  std::string base_;
  std::map<std::string, std::string> prefixes_;
  int depth_ = 0;
  size_t term_bytes_left_;

  std::vector<std::string> variables_;
  std::map<std::string, Var> names_;  // Of the innermost SELECT.
  uint64_t internal_variables_ = 0;
  uint64_t blank_labels_ = 0;  // Made for [] and ( ).
  // Blank node labels of patterns: which basic graph pattern each belongs to.
  struct BlankUse {
    uint64_t block;
    Var variable;
  };
  std::map<std::string, BlankUse> blanks_;
  uint64_t block_ = 0, blocks_ = 0;         // The current basic graph pattern; how many there were.
  std::set<std::string> data_labels_;       // Labels of the operation's INSERT DATA.
  std::set<std::string> used_data_labels_;  // Those of earlier operations.
  Selection* aggregates_to_ = nullptr;      // Where aggregates are allowed; null: they are not.
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PARSER_PARSER_IMPL_H_
