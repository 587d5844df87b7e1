#include "sparql/result_set_reader.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "core/rdf/isomorphism.h"
#include "core/rdf/syntax.h"
#include "sparql/functions/value.h"

namespace quadraft::sparql {

namespace {

void AppendUtf8(uint32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xc0 | (c >> 6)));
    out->push_back(static_cast<char>(0x80 | (c & 63)));
  } else if (c < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | (c >> 12)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 63)));
    out->push_back(static_cast<char>(0x80 | (c & 63)));
  } else {
    out->push_back(static_cast<char>(0xf0 | (c >> 18)));
    out->push_back(static_cast<char>(0x80 | ((c >> 12) & 63)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 63)));
    out->push_back(static_cast<char>(0x80 | (c & 63)));
  }
}

std::string DecodeEntities(std::string_view text) {
  constexpr std::pair<std::string_view, char> kNamed[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
  std::string out;
  while (!text.empty()) {
    if (text.starts_with("&#")) {
      const bool hex = text.size() > 2 && text[2] == 'x';
      const size_t end = text.find(';');
      AppendUtf8(static_cast<uint32_t>(std::strtoul(std::string(text.substr(hex ? 3 : 2, end)).c_str(), nullptr, hex ? 16 : 10)), &out);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      continue;
    }
    const auto named = std::find_if(std::begin(kNamed), std::end(kNamed),
                                    [&](const auto& entity) { return text.starts_with(entity.first); });
    if (named != std::end(kNamed)) {
      out.push_back(named->second);
      text.remove_prefix(named->first.size());
    } else {
      out.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return out;
}

// One start or end tag.
struct Tag {
  std::string name;           // Without its prefix.
  std::string prefix;
  bool closing = false, empty = false;
  std::map<std::string, std::string> attributes;
};

Tag ParseTag(std::string_view inside) {
  Tag tag;
  if (inside.starts_with("/")) tag.closing = true, inside.remove_prefix(1);
  if (inside.ends_with("/")) tag.empty = true, inside.remove_suffix(1);
  const size_t end = inside.find_first_of(" \t\r\n");
  tag.name = inside.substr(0, end);
  if (const size_t colon = tag.name.find(':'); colon != std::string::npos) {
    tag.prefix = tag.name.substr(0, colon);
    tag.name.erase(0, colon + 1);
  }
  while (true) {
    const size_t equals = inside.find('=');
    if (equals == std::string_view::npos) break;
    // "name = 'x'": blanks may stand before the equals sign.
    std::string_view name = inside.substr(0, equals);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    const size_t start = name.find_last_of(" \t\r\n");
    name = name.substr(start == std::string_view::npos ? 0 : start + 1);
    const size_t open = inside.find_first_of("\"'", equals);
    if (open == std::string_view::npos) break;
    const size_t close = inside.find(inside[open], open + 1);
    if (close == std::string_view::npos) break;
    tag.attributes[std::string(name)] = DecodeEntities(inside.substr(open + 1, close - open - 1));
    inside.remove_prefix(close + 1);
  }
  return tag;
}

// A JSON value.
struct Json {
  enum Kind { kNull, kBoolean, kNumber, kString, kArray, kObject } kind = kNull;
  bool boolean = false;
  std::string text;
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> members;
  const Json* Find(std::string_view name) const {
    for (const auto& [key, value] : members) {
      if (key == name) return &value;
    }
    return nullptr;
  }
};

class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : text_(text) {}

  StatusOr<Json> Parse() {
    QR_ASSIGN_OR_RETURN(Json value, Value());
    Skip();
    if (at_ != text_.size()) return InvalidArgument("JSON: trailing text at ", at_);
    return value;
  }

 private:
  void Skip() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool Accept(char c) {
    Skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  StatusOr<Json> Value() {
    Json out;
    Skip();
    if (at_ >= text_.size()) return InvalidArgument("JSON: ended early");
    if (Accept('{')) {
      out.kind = Json::kObject;
      while (!Accept('}')) {
        QR_ASSIGN_OR_RETURN(Json key, Value());
        if (!Accept(':')) return InvalidArgument("JSON: no ':' at ", at_);
        QR_ASSIGN_OR_RETURN(Json value, Value());
        out.members.emplace_back(key.text, std::move(value));
        Accept(',');
      }
    } else if (Accept('[')) {
      out.kind = Json::kArray;
      while (!Accept(']')) {
        QR_ASSIGN_OR_RETURN(Json value, Value());
        out.items.push_back(std::move(value));
        Accept(',');
      }
    } else if (Accept('"')) {
      out.kind = Json::kString;
      return String(std::move(out));
    } else {
      const size_t end = std::min(text_.size(), text_.find_first_of(",]} \t\r\n", at_));
      out.text = text_.substr(at_, end - at_);
      if (out.text.empty()) return InvalidArgument("JSON: nothing at ", at_);
      at_ = end;
      out.kind = out.text == "true" || out.text == "false" ? Json::kBoolean : Json::kNumber;
      out.boolean = out.text == "true";
    }
    return out;
  }

  uint32_t Hex4() {
    const uint32_t code = static_cast<uint32_t>(std::strtoul(std::string(text_.substr(at_, 4)).c_str(), nullptr, 16));
    at_ += 4;
    return code;
  }

  StatusOr<Json> String(Json out) {
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] != '\\') {
        out.text.push_back(text_[at_++]);
        continue;
      }
      const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
      at_ += 2;
      switch (c) {
        case 'n': out.text.push_back('\n'); break;
        case 't': out.text.push_back('\t'); break;
        case 'r': out.text.push_back('\r'); break;
        case 'b': out.text.push_back('\b'); break;
        case 'f': out.text.push_back('\f'); break;
        case 'u': {
          uint32_t code = Hex4();
          if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {
            at_ += 2;
            code = 0x10000 + ((code - 0xd800) << 10) + (Hex4() - 0xdc00);
          }
          AppendUtf8(code, &out.text);
          break;
        }
        default: out.text.push_back(c);
      }
    }
    if (at_ >= text_.size()) return InvalidArgument("JSON: a string without end");
    ++at_;
    return out;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

StatusOr<rdf::Term> TermOfJson(const Json& json) {
  const Json* type = json.Find("type");
  const Json* value = json.Find("value");
  if (type == nullptr || value == nullptr) return InvalidArgument("a binding without type or value");
  if (type->text == "uri") return rdf::Term::Iri(value->text);
  if (type->text == "bnode") return rdf::Term::Blank(value->text);
  const Json* datatype = json.Find("datatype");
  const Json* language = json.Find("xml:lang");
  return rdf::Term::Literal(value->text, datatype ? datatype->text : "", language ? language->text : "");
}

// Numbers in one spelling for each value.
rdf::Term Canonical(const rdf::Term& term) {
  if (!term.is_literal()) return term;
  Value value = ValueFromTerm(term);
  if (!value.is_numeric()) return term;
  value.has_text = false;
  return TermFromValue(value);
}

std::vector<rdf::Quad> AsQuads(const ResultSet& set, bool ordered) {
  std::vector<rdf::Quad> quads;
  for (size_t i = 0; i < set.rows.size(); ++i) {
    const rdf::Term row = rdf::Term::Blank(StrCat("row.", i));
    quads.push_back({row, rdf::Term::Iri("row:"), rdf::Term::Literal(ordered ? StrCat(i) : std::string()), {}});
    for (const auto& [name, term] : set.rows[i]) {
      quads.push_back({row, rdf::Term::Iri(StrCat("var:", name)), Canonical(term), {}});
    }
  }
  return quads;
}

std::string Print(const ResultSet& set) {
  if (set.boolean) return *set.boolean ? "true\n" : "false\n";
  std::string out;
  for (const auto& row : set.rows) {
    for (const auto& [name, term] : row) {
      StrAppend(&out, " ?", name, "=");
      rdf::AppendNTerm(&out, term);
    }
    out += " .\n";
  }
  return out;
}

}  // namespace

StatusOr<ResultSet> ReadResultXml(std::string_view text) {
  ResultSet set;
  std::string binding;
  Tag element;
  std::string content;
  while (true) {
    const size_t open = text.find('<');
    if (open == std::string_view::npos) break;
    content = DecodeEntities(text.substr(0, open));
    if (text.substr(open).starts_with("<!--")) {
      const size_t end = text.find("-->", open);
      if (end == std::string_view::npos) return InvalidArgument("XML: a comment without end");
      text.remove_prefix(end + 3);
      continue;
    }
    const size_t close = text.find('>', open);
    if (close == std::string_view::npos) return InvalidArgument("XML: a tag without end");
    const Tag tag = ParseTag(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
    if (!tag.closing) {
      element = tag;
      if (tag.name == "variable") set.variables.push_back(tag.attributes.at("name"));
      if (tag.name == "result") set.rows.emplace_back();
      if (tag.name == "binding") binding = tag.attributes.at("name");
      if (!tag.empty) continue;
      content.clear();
    }
    const auto attribute = [&](const std::string& name) {
      const auto found = element.attributes.find(name);
      return found == element.attributes.end() ? std::string() : found->second;
    };
    if (tag.name == "boolean") set.boolean = content == "true";
    if (tag.name == "uri") set.rows.back()[binding] = rdf::Term::Iri(content);
    if (tag.name == "bnode") set.rows.back()[binding] = rdf::Term::Blank(content);
    if (tag.name == "literal") {
      set.rows.back()[binding] = rdf::Term::Literal(content, attribute("datatype"), attribute("xml:lang"));
    }
  }
  return set;
}

StatusOr<std::vector<rdf::Quad>> ReadSimpleRdfXml(std::string_view text, const std::string& base, const rdf::Term& graph,
                                                  const std::string& blank_prefix) {
  // Elements under way, outermost first: nodes and properties in turn, below rdf:RDF.
  struct Level {
    bool is_node = true;
    rdf::Term node;       // Of a node, or the subject that a parseType="Resource" property made.
    rdf::Term predicate;
    Tag tag;
    bool has_object = false;
  };
  std::vector<Level> levels;
  std::map<std::string, std::string> namespaces;
  std::vector<rdf::Quad> quads;
  size_t blanks = 0;
  const auto attribute = [](const Tag& tag, const std::string& name) -> const std::string* {
    const auto found = tag.attributes.find(name);
    return found == tag.attributes.end() ? nullptr : &found->second;
  };
  while (true) {
    const size_t open = text.find('<');
    if (open == std::string_view::npos) break;
    const std::string content = DecodeEntities(text.substr(0, open));
    const bool comment = text.substr(open).starts_with("<!--");
    const size_t close = comment ? text.find("-->", open) : text.find('>', open);
    if (close == std::string_view::npos) return InvalidArgument("RDF/XML: a tag without end");
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    text.remove_prefix(close + (comment ? 3 : 1));
    if (comment || inside.starts_with("?")) continue;
    const Tag tag = ParseTag(inside);
    for (const auto& [name, value] : tag.attributes) {
      if (name.starts_with("xmlns:")) namespaces[name.substr(6)] = value;
    }
    if (tag.name == "RDF") continue;
    if (!tag.closing) {
      Level level;
      level.tag = tag;
      level.is_node = levels.empty();
      const std::string iri = namespaces[tag.prefix] + tag.name;
      if (level.is_node) {
        const std::string* about = attribute(tag, "rdf:about");
        const std::string* id = attribute(tag, "rdf:nodeID");
        level.node = about != nullptr ? rdf::Term::Iri(about->empty() ? base : *about)
                                      : rdf::Term::Blank(StrCat(blank_prefix, id != nullptr ? *id : StrCat("x", blanks++)));
        if (tag.name != "Description") quads.push_back({level.node, rdf::Term::Iri(rdf::kRdfType), rdf::Term::Iri(iri), graph});
      } else {
        if (levels.back().node.is_default_graph()) return InvalidArgument("RDF/XML: an element inside ", levels.back().tag.name);
        level.predicate = rdf::Term::Iri(iri);
        std::optional<rdf::Term> object;
        if (const std::string* resource = attribute(tag, "rdf:resource")) object = rdf::Term::Iri(resource->empty() ? base : *resource);
        if (const std::string* id = attribute(tag, "rdf:nodeID")) object = rdf::Term::Blank(StrCat(blank_prefix, *id));
        if (attribute(tag, "rdf:parseType") != nullptr) object = level.node = rdf::Term::Blank(StrCat(blank_prefix, "x", blanks++));
        level.has_object = object.has_value();
        if (object) quads.push_back({levels.back().node, level.predicate, *object, graph});
      }
      levels.push_back(std::move(level));
      if (!tag.empty) continue;
    }
    if (levels.empty()) return InvalidArgument("RDF/XML: </", tag.name, "> without its start");
    const Level level = std::move(levels.back());
    levels.pop_back();
    if (!level.is_node && !level.has_object) {
      const std::string* datatype = attribute(level.tag, "rdf:datatype");
      quads.push_back({levels.back().node, level.predicate,
                       rdf::Term::Literal(tag.empty ? "" : content, datatype != nullptr ? *datatype : ""), graph});
    }
  }
  return quads;
}

StatusOr<ResultSet> ReadResultJson(std::string_view text) {
  QR_ASSIGN_OR_RETURN(const Json json, JsonParser(text).Parse());
  ResultSet set;
  if (const Json* boolean = json.Find("boolean")) {
    set.boolean = boolean->boolean;
    return set;
  }
  const Json* head = json.Find("head");
  const Json* results = json.Find("results");
  const Json* bindings = results == nullptr ? nullptr : results->Find("bindings");
  if (head == nullptr || bindings == nullptr) return InvalidArgument("JSON: no head or bindings");
  if (const Json* vars = head->Find("vars")) {
    for (const Json& name : vars->items) set.variables.push_back(name.text);
  }
  for (const Json& row : bindings->items) {
    set.rows.emplace_back();
    for (const auto& [name, value] : row.members) {
      QR_ASSIGN_OR_RETURN(set.rows.back()[name], TermOfJson(value));
    }
  }
  return set;
}

StatusOr<ResultSet> ReadResultRdf(const std::vector<rdf::Quad>& quads) {
  const auto objects = [&quads](const rdf::Term& node, std::string_view local) {
    std::vector<rdf::Term> out;
    for (const rdf::Quad& quad : quads) {
      if (quad.subject == node && std::string_view(quad.predicate.value).ends_with(local)) out.push_back(quad.object);
    }
    return out;
  };
  const auto set_node = std::find_if(quads.begin(), quads.end(), [](const rdf::Quad& quad) {
    return std::string_view(quad.object.value).ends_with("result-set#ResultSet");
  });
  if (set_node == quads.end()) return InvalidArgument("no rs:ResultSet");
  ResultSet set;
  for (const rdf::Term& value : objects(set_node->subject, "#boolean")) set.boolean = value.value == "true";
  for (const rdf::Term& name : objects(set_node->subject, "#resultVariable")) set.variables.push_back(name.value);
  std::vector<std::pair<long, std::map<std::string, rdf::Term>>> rows;
  for (const rdf::Term& solution : objects(set_node->subject, "#solution")) {
    rows.emplace_back();
    for (const rdf::Term& index : objects(solution, "#index")) {
      rows.back().first = std::strtol(index.value.c_str(), nullptr, 10);
      set.indexed = true;
    }
    for (const rdf::Term& binding : objects(solution, "#binding")) {
      const auto names = objects(binding, "#variable"), values = objects(binding, "#value");
      if (names.empty() || values.empty()) return InvalidArgument("rs:binding without variable or value");
      rows.back().second[names[0].value] = values[0];
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [index, row] : rows) set.rows.push_back(std::move(row));
  return set;
}

std::string Difference(const ResultSet& expected, const ResultSet& actual, bool ordered) {
  const bool same = expected.boolean == actual.boolean && expected.rows.size() == actual.rows.size() &&
                    rdf::Isomorphic(AsQuads(expected, ordered), AsQuads(actual, ordered));
  return same ? "" : StrCat("expected", ordered ? " in this order" : "", ":\n", Print(expected), "got:\n", Print(actual));
}

}  // namespace quadraft::sparql
