#include "sparql/functions/regex_translate.h"

namespace quadraft::sparql {

namespace {

// XML's name classes, \i and \c, as RE2 ranges for use inside brackets.
constexpr std::string_view kNameStart = "_:A-Za-z\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{2FF}\\x{370}-\\x{37D}"
                                        "\\x{37F}-\\x{1FFF}\\x{200C}-\\x{200D}\\x{2070}-\\x{218F}"
                                        "\\x{2C00}-\\x{2FEF}\\x{3001}-\\x{D7FF}\\x{F900}-\\x{FDCF}"
                                        "\\x{FDF0}-\\x{FFFD}\\x{10000}-\\x{EFFFF}";
constexpr std::string_view kNameMore = "\\-.0-9\\x{B7}\\x{300}-\\x{36F}\\x{203F}-\\x{2040}";

Status AddEscape(char c, bool in_class, std::string* out) {
  const auto add_class = [&](std::string_view ranges) {
    StrAppend(out, in_class ? "" : "[", ranges, in_class ? "" : "]");
    return OkStatus();
  };
  switch (c) {
    case 'i': return add_class(kNameStart);
    case 'c': return add_class(StrCat(kNameStart, kNameMore));
    case 'I':
    case 'C':
      if (in_class) return Unimplemented("regular expression: \\", c, " inside a character class");
      StrAppend(out, "[^", kNameStart, c == 'C' ? kNameMore : "", "]");
      return OkStatus();
    case 'd': StrAppend(out, "\\p{Nd}"); return OkStatus();  // XPath's digits are Unicode's.
    case 'D': StrAppend(out, "\\P{Nd}"); return OkStatus();
    case 's': return add_class(" \\t\\n\\r");
    case 'S':
      if (in_class) return Unimplemented("regular expression: \\S inside a character class");
      StrAppend(out, "[^ \\t\\n\\r]");
      return OkStatus();
    case 'w': return add_class("\\p{L}\\p{M}\\p{N}\\p{S}");
    case 'W': return add_class("\\p{P}\\p{Z}\\p{C}");
    case 'n': case 'r': case 't': case '\\': case '|': case '.': case '?': case '*': case '+': case '(':
    case ')': case '{': case '}': case '-': case '[': case ']': case '^': case '$':
      out->push_back('\\');
      out->push_back(c);
      return OkStatus();
    default:
      if (c >= '1' && c <= '9') return Unimplemented("regular expression: back-references");
      return InvalidArgument("regular expression: unknown escape \\", c);
  }
}

class Translator {
 public:
  Translator(std::string_view pattern, bool dot_all, bool skip_space)
      : in_(pattern), dot_all_(dot_all), skip_space_(skip_space) {}

  StatusOr<std::string> Run() {
    while (at_ < in_.size()) QR_RETURN_IF_ERROR(Step());
    if (in_class_) return InvalidArgument("regular expression: '[' without ']'");
    return std::move(out_);
  }

 private:
  Status Step() {
    const char c = in_[at_++];
    if (c == '\\') return Escape();
    if (in_class_) return InClass(c);
    if (c == '[') {
      in_class_ = true;
      out_.push_back(c);
      if (at_ < in_.size() && in_[at_] == '^') out_.push_back(in_[at_++]);
      return OkStatus();
    }
    if (c == '(' && at_ < in_.size() && in_[at_] == '?' && in_.substr(at_, 2) != "?:") {
      return InvalidArgument("regular expression: (? is not of XPath");
    }
    if (skip_space_ && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) return OkStatus();
    if (c == '.' && !dot_all_) {
      out_ += "[^\\n\\r]";
    } else {
      out_.push_back(c);
    }
    return OkStatus();
  }

  Status InClass(char c) {
    if (c == '-' && at_ < in_.size() && in_[at_] == '[') {
      return Unimplemented("regular expression: character class subtraction");
    }
    if (c == '[') {
      out_ += "\\[";
      return OkStatus();
    }
    if (c == ']') in_class_ = false;
    out_.push_back(c);
    return OkStatus();
  }

  Status Escape() {
    if (at_ == in_.size()) return InvalidArgument("regular expression: '\\' at the end");
    const char c = in_[at_++];
    if (c != 'p' && c != 'P') return AddEscape(c, in_class_, &out_);
    const size_t close = in_.find('}', at_);
    if (at_ == in_.size() || in_[at_] != '{' || close == std::string_view::npos) {
      return InvalidArgument("regular expression: \\", c, " needs {category}");
    }
    const std::string_view name = in_.substr(at_ + 1, close - at_ - 1);
    if (name.starts_with("Is")) return Unimplemented("regular expression: Unicode block \\p{", name, "}");
    if (name.empty() || name.size() > 2) return InvalidArgument("regular expression: no category ", name);
    StrAppend(&out_, "\\", c, "{", name, "}");
    at_ = close + 1;
    return OkStatus();
  }

  const std::string_view in_;
  const bool dot_all_, skip_space_;
  size_t at_ = 0;
  bool in_class_ = false;
  std::string out_;
};

}  // namespace

StatusOr<TranslatedRegex> TranslateXpathRegex(std::string_view pattern, std::string_view flags) {
  TranslatedRegex result;
  bool skip_space = false;
  for (const char flag : flags) {
    switch (flag) {
      case 'i': result.ignore_case = true; break;
      case 's': result.dot_matches_newline = true; break;
      case 'm': result.multi_line = true; break;
      case 'x': skip_space = true; break;
      case 'q': result.literal = true; break;
      default: return InvalidArgument("regular expression: unknown flag ", flag);
    }
  }
  if (result.literal) {
    result.pattern = pattern;
    result.multi_line = false;
    return result;
  }
  Translator translator(pattern, result.dot_matches_newline, skip_space);
  QR_ASSIGN_OR_RETURN(result.pattern, translator.Run());
  return result;
}

}  // namespace quadraft::sparql
