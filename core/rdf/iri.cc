#include "core/rdf/iri.h"

#include "core/rdf/chars.h"

namespace quadraft::rdf {
namespace {

// RFC 3986, section 3. An absent part and an empty one differ for authority and query, hence the
// flags.
struct Parts {
  std::string_view scheme;  // Without the colon.
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;
  bool has_scheme = false;
  bool has_authority = false;
  bool has_query = false;
  bool has_fragment = false;
};

// Length of the scheme before its colon, 0 when there is none.
size_t SchemeLength(std::string_view iri) {
  if (iri.empty() || !IsAsciiLetter(iri[0])) return 0;
  for (size_t i = 1; i < iri.size(); ++i) {
    const char c = iri[i];
    if (c == ':') return i;
    if (!IsAsciiLetter(c) && !IsAsciiDigit(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

Parts Split(std::string_view iri) {
  Parts parts;
  if (const size_t length = SchemeLength(iri); length > 0) {
    parts.scheme = iri.substr(0, length);
    parts.has_scheme = true;
    iri.remove_prefix(length + 1);
  }
  if (const size_t at = iri.find('#'); at != std::string_view::npos) {
    parts.fragment = iri.substr(at + 1);
    parts.has_fragment = true;
    iri = iri.substr(0, at);
  }
  if (const size_t at = iri.find('?'); at != std::string_view::npos) {
    parts.query = iri.substr(at + 1);
    parts.has_query = true;
    iri = iri.substr(0, at);
  }
  if (iri.starts_with("//")) {
    iri.remove_prefix(2);
    const size_t end = iri.find('/');
    parts.authority = iri.substr(0, end);
    parts.has_authority = true;
    iri.remove_prefix(parts.authority.size());
  }
  parts.path = iri;
  return parts;
}

// RFC 3986, section 5.2.4. Appends to `out`, whose bytes before the path are never touched.
void AppendWithoutDotSegments(std::string* out, std::string_view path) {
  const size_t start = out->size();
  const auto drop_segment = [&] {
    const size_t slash = out->rfind('/');
    out->resize(slash == std::string::npos || slash < start ? start : slash);
  };
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./") || path.starts_with("/./")) {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (path.starts_with("/../")) {
      path.remove_prefix(3);
      drop_segment();
    } else if (path == "/..") {
      path = "/";
      drop_segment();
    } else if (path == "." || path == "..") {
      path = {};
    } else {
      const size_t end = path.find('/', 1);
      out->append(path.substr(0, end));
      path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    }
  }
}

// RFC 3986, section 5.2.3.
std::string MergePaths(const Parts& base, std::string_view path) {
  if (base.has_authority && base.path.empty()) return "/" + std::string(path);
  const size_t slash = base.path.rfind('/');
  std::string out(slash == std::string_view::npos ? "" : base.path.substr(0, slash + 1));
  out.append(path);
  return out;
}

}  // namespace

bool IsAbsoluteIri(std::string_view iri) { return SchemeLength(iri) > 0; }

std::string ResolveIri(std::string_view base_iri, std::string_view reference) {
  if (IsAbsoluteIri(reference) || !IsAbsoluteIri(base_iri)) return std::string(reference);
  const Parts base = Split(base_iri);
  const Parts relative = Split(reference);
  std::string out;
  out.reserve(base_iri.size() + reference.size() + 1);
  out.append(base.scheme).push_back(':');
  const Parts& authority_from = relative.has_authority ? relative : base;
  if (authority_from.has_authority) out.append("//").append(authority_from.authority);
  bool has_query = relative.has_query;
  std::string_view query = relative.query;
  if (relative.has_authority || relative.path.starts_with('/')) {
    AppendWithoutDotSegments(&out, relative.path);
  } else if (relative.path.empty()) {
    out.append(base.path);
    if (!has_query) {
      has_query = base.has_query;
      query = base.query;
    }
  } else {
    AppendWithoutDotSegments(&out, MergePaths(base, relative.path));
  }
  if (has_query) out.append("?").append(query);
  if (relative.has_fragment) out.append("#").append(relative.fragment);
  return out;
}

size_t FindForbiddenInIri(std::string_view iri) {
  for (size_t i = 0; i < iri.size(); ++i) {
    if (!IsIriByte(iri[i])) return i;
  }
  return std::string_view::npos;
}

}  // namespace quadraft::rdf
