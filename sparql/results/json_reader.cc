#include "sparql/results/json_reader.h"

#include <functional>
#include <map>

#include "core/rdf/chars.h"

namespace quadraft::sparql {
namespace {

using RawRow = std::map<std::string, rdf::Term>;

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  StatusOr<JsonResults> Read() {
    if (rdf::FindInvalidUtf8(text_) != std::string_view::npos)
      return InvalidArgument("the results are not UTF-8");
    bool has_head = false, has_bindings = false;
    std::vector<RawRow> rows;
    QR_RETURN_IF_ERROR(ReadObject([&](const std::string& name) -> Status {
      if (name == "head") {
        has_head = true;
        return ReadHead();
      }
      if (name == "boolean") return ReadBoolean();
      if (name != "results") return SkipValue();
      return ReadObject([&](const std::string& member) -> Status {
        if (member != "bindings") return SkipValue();
        has_bindings = true;
        return ReadArray([&] { return ReadRow(&rows.emplace_back()); });
      });
    }));
    SkipBlanks();
    if (at_ != text_.size()) return Error("more text after the results");
    if (!has_head) return Error("the results have no \"head\"");
    if (has_bindings == results_.boolean.has_value())
      return Error("expected one of \"results\" and \"boolean\"");
    QR_RETURN_IF_ERROR(TakeRows(std::move(rows)));
    return std::move(results_);
  }

 private:
  Status Error(std::string_view what) const { return InvalidArgument("byte ", at_, ": ", what); }

  void SkipBlanks() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool Accept(char c) {
    SkipBlanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  Status Expect(char c) { return Accept(c) ? OkStatus() : Error(StrCat("expected '", c, "'")); }
  bool AcceptWord(std::string_view word) {
    SkipBlanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // Each reads one item in full.
  Status ReadObject(const std::function<Status(const std::string&)>& read_member) {
    if (++depth_ > kJsonNestingMax) return Error("nested too deep");
    QR_RETURN_IF_ERROR(Expect('{'));
    if (!Accept('}')) {
      do {
        std::string name;
        QR_RETURN_IF_ERROR(ReadString(&name));
        QR_RETURN_IF_ERROR(Expect(':'));
        QR_RETURN_IF_ERROR(read_member(name));
      } while (Accept(','));
      QR_RETURN_IF_ERROR(Expect('}'));
    }
    --depth_;
    return OkStatus();
  }
  Status ReadArray(const std::function<Status()>& read_item) {
    if (++depth_ > kJsonNestingMax) return Error("nested too deep");
    QR_RETURN_IF_ERROR(Expect('['));
    if (!Accept(']')) {
      do {
        QR_RETURN_IF_ERROR(read_item());
      } while (Accept(','));
      QR_RETURN_IF_ERROR(Expect(']'));
    }
    --depth_;
    return OkStatus();
  }

  Status ReadString(std::string* out) {
    QR_RETURN_IF_ERROR(Expect('"'));
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) return Error("a control character in a string");
      if (c == '\\') {
        QR_RETURN_IF_ERROR(ReadEscape(out));
        continue;
      }
      out->push_back(c);
      ++at_;
    }
    return at_ < text_.size() ? Expect('"') : Error("a string without an end");
  }

  Status ReadEscape(std::string* out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    ++at_;
    const char letter = at_ < text_.size() ? text_[at_] : '\0';
    ++at_;
    if (const size_t which = kLetters.find(letter);
        letter != '\0' && which != std::string_view::npos) {
      out->push_back(kMeanings[which]);
      return OkStatus();
    }
    char32_t c = 0;
    if (letter != 'u' || !ReadHex(&c)) return Error("a bad escape in a string");
    if (c >= 0xD800 && c < 0xDC00) {  // The first half of a pair.
      char32_t low = 0;
      if (!text_.substr(at_).starts_with("\\u")) return Error("half a surrogate pair");
      at_ += 2;
      if (!ReadHex(&low) || low < 0xDC00 || low > 0xDFFF) return Error("half a surrogate pair");
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    if (!rdf::IsScalarValue(c)) return Error("half a surrogate pair");
    rdf::AppendUtf8(out, c);
    return OkStatus();
  }

  bool ReadHex(char32_t* c) {
    if (at_ + 4 > text_.size()) return false;
    for (const char digit : text_.substr(at_, 4)) {
      if (!rdf::IsHexDigit(digit)) return false;
      *c = *c * 16 + static_cast<char32_t>((digit & 0x0f) + (digit > '9' ? 9 : 0));
    }
    at_ += 4;
    return true;
  }

  Status SkipValue() {
    SkipBlanks();
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    std::string ignored;
    if (c == '"') return ReadString(&ignored);
    if (c == '{') return ReadObject([this](const std::string&) { return SkipValue(); });
    if (c == '[') return ReadArray([this] { return SkipValue(); });
    if (AcceptWord("true") || AcceptWord("false") || AcceptWord("null")) return OkStatus();
    return SkipNumber();
  }

  Status SkipNumber() {
    const auto digits = [this] {
      const size_t from = at_;
      while (at_ < text_.size() && rdf::IsAsciiDigit(text_[at_])) ++at_;
      return at_ - from;
    };
    const auto next_is = [this](std::string_view any) {
      return at_ < text_.size() && any.find(text_[at_]) != std::string_view::npos;
    };
    if (next_is("-")) ++at_;
    const bool zero = next_is("0");
    const size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return Error("expected a value");
    if (next_is(".")) {
      ++at_;
      if (digits() == 0) return Error("a number without digits after its point");
    }
    if (!next_is("eE")) return OkStatus();
    ++at_;
    if (next_is("+-")) ++at_;
    return digits() > 0 ? OkStatus() : Error("a number without digits in its exponent");
  }

  Status ReadHead() {
    return ReadObject([this](const std::string& name) -> Status {
      if (name != "vars") return SkipValue();
      return ReadArray([this] { return ReadString(&results_.variables.emplace_back()); });
    });
  }

  Status ReadBoolean() {
    if (AcceptWord("true")) {
      results_.boolean = true;
    } else if (AcceptWord("false")) {
      results_.boolean = false;
    } else {
      return Error("expected true or false");
    }
    return OkStatus();
  }

  Status ReadRow(RawRow* row) {
    return ReadObject([&](const std::string& variable) { return ReadTerm(&(*row)[variable]); });
  }

  Status ReadTerm(rdf::Term* term) {
    std::map<std::string, std::string> members;
    QR_RETURN_IF_ERROR(
        ReadObject([&](const std::string& name) { return ReadString(&(members[name] = "")); }));
    const std::string& type = members["type"];
    if (!members.contains("value")) return Error("a term without \"value\"");
    if (type == "uri") {
      *term = rdf::Term::Iri(members["value"]);
    } else if (type == "bnode") {
      *term = rdf::Term::Blank(members["value"]);
    } else if (type == "literal" || type == "typed-literal") {
      *term = rdf::Term::Literal(members["value"], members["datatype"], members["xml:lang"]);
    } else {
      return Error(StrCat("a term of the unknown type \"", type, "\""));
    }
    return OkStatus();
  }

  Status TakeRows(std::vector<RawRow> rows) {
    for (RawRow& raw : rows) {
      auto& row = results_.rows.emplace_back(results_.variables.size());
      size_t taken = 0;
      for (size_t i = 0; i < results_.variables.size(); ++i) {
        const auto it = raw.find(results_.variables[i]);
        if (it == raw.end()) continue;
        row[i] = std::move(it->second);
        ++taken;
      }
      if (taken != raw.size()) return Error("a row binds a variable that \"head\" does not name");
    }
    return OkStatus();
  }

  const std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  JsonResults results_;
};

}  // namespace

StatusOr<JsonResults> ReadJsonResults(std::string_view text) { return JsonReader(text).Read(); }

}  // namespace quadraft::sparql
