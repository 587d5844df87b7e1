// The updates of Generator.
#include "core/base/strings.h"
#include "sim/oracle/generator.h"

namespace quadraft::sim::oracle {

// "GRAPH <g> { s p o } " or "s p o . ".
std::string Generator::Quad(const Names* names, bool blanks) {
  const bool variables = names != nullptr && !names->empty();
  std::string subject = variables && random_.OneIn(2) ? Known(*names) : Subject();
  if (blanks && random_.OneIn(12)) subject = StrCat("_:b", ++fresh_);
  const std::string object = variables && random_.OneIn(2) ? Known(*names) : Object();
  const std::string triple = StrCat(subject, " ", Predicate(), " ", object);
  if (!options_.isolated && random_.OneIn(2)) return StrCat(triple, " . ");
  return StrCat("GRAPH ", GraphName(), " { ", triple, " } ");
}

std::string Generator::InsertData(int quads) {
  std::string text = "INSERT DATA { ";
  for (int i = 0; i < quads; ++i) text += Quad(nullptr, true);
  return text + "}";
}

std::string Generator::ClearSome() {
  const std::string_view word = random_.OneIn(2) ? "CLEAR" : "DROP";
  if (!options_.isolated && random_.OneIn(4))
    return StrCat(word, " SILENT ", random_.OneIn(2) ? "DEFAULT" : "NAMED");
  return StrCat(word, " SILENT GRAPH ", GraphName());
}

std::string Generator::Modify() {
  Names names;
  const std::string where = Group(1, false, &names);
  std::string text;
  if (!options_.isolated && random_.OneIn(6)) StrAppend(&text, "WITH ", GraphName(), " ");
  const bool deletes = random_.OneIn(2), inserts = !deletes || random_.OneIn(2);
  if (deletes)
    text +=
        Text{"DELETE { ", Quad(&names, false), random_.OneIn(3) ? Quad(&names, false) : "", "} "}
            .text;
  if (inserts)
    text += Text{"INSERT { ", Quad(&names, true), random_.OneIn(3) ? Quad(&names, true) : "", "} "}
                .text;
  return StrCat(text, From("USING"), "WHERE { ", where, "}");
}

std::string Generator::GraphToGraph() {
  constexpr std::string_view kWords[] = {"ADD", "MOVE", "COPY"};
  const auto graph = [&] {
    return !options_.isolated && random_.OneIn(4) ? std::string("DEFAULT") : GraphName();
  };
  const std::string from = graph();
  return Text{
      kWords[random_.Below(3)], " ", random_.OneIn(4) ? "" : "SILENT ", from, " TO ", graph()}
      .text;
}

std::string Generator::Operation() {
  switch (random_.Below(12)) {
    case 0 ... 3:
      return InsertData(1 + static_cast<int>(random_.Below(4)));
    case 4: {
      std::string text = "DELETE DATA { ";
      for (int i = 0; i < 3; ++i) text += Quad(nullptr, false);
      return text + "}";
    }
    case 5: {
      const std::string pattern = Text{Subject(), " ", Predicate(), " ?a"}.text;
      if (!options_.isolated && random_.OneIn(2)) return StrCat("DELETE WHERE { ", pattern, " }");
      return StrCat("DELETE WHERE { GRAPH ", GraphName(), " { ", pattern, " } }");
    }
    case 6 ... 9:
      return Modify();
    case 10:
      return ClearSome();
    default:
      return GraphToGraph();
  }
}

std::string Generator::Update() {
  fresh_ = 0;
  std::string text = Operation();
  while (random_.OneIn(4)) StrAppend(&text, " ; ", Operation());
  return text;
}

}  // namespace quadraft::sim::oracle
