// Runs reader_fuzz.cc without libFuzzer: a fixed number of seeded mutations of texts that hold
// every construct.
#include <cstdint>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace quadraft::rdf {
namespace {

constexpr int kMutationsPerSeed = 3000;

constexpr std::string_view kSeeds[] = {
    "<x:s> <x:p> <x:o> .\n_:a <x:\\u00E9> \"l\\n\\U0001F600\"@en-GB . # c\r\n"
    "<x:s> <x:p> \"1\"^^<x:t> <x:g> .\n_:b.c <x:p> _:d _:g .",
    "@prefix e: <http://e/> . @base <http://b/c/d?q> .\nPREFIX : <#>\nBASE <../x>\n"
    "e:a.b a e:%41\\-c , <../g> ; ; e:p 1, -2.5, .5, 1e9, +1.E-3, true, false .\n"
    "[ e:p ( 1 [ ] () \"a\\t\"@en 'b'^^e:t '''c'd''e''' \"\"\"f\"\"g\nh\"\"\" ) ] e:q _:l1 .\n"
    "( [] ) e:r [] . <x:\xC3\xA9> <x:\xF0\x90\x80\x80> \"\xE2\x82\xAC\" .",
    "@prefix e: <http://e/> . e:g { e:a e:b e:c . e:d e:e e:f } GRAPH _:g { [] e:p ( e:x ) }\n"
    "{ } [] { e:a a e:c . } _:h { [ e:p e:o ] . } e:s e:p e:o, 'x' ; e:q 3 . graph [ ] { }",
};
constexpr std::string_view kPieces[] = {"<",    ">",    "\"",   "'''", "\"\"\"", "[",     "]",  "(",
                                        ")",    "{",    "}",    ".",   ";",      ",",     "_:", "@",
                                        "^^",   "\\u",  "%",    "#",   "\n",     "\r",    "e:", "a",
                                        "\xC3", "\xA9", "\xFF", "1",   "-",      "GRAPH", ":"};

// xorshift64*: the test is the same on every run.
class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed) {}
  size_t Below(size_t bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<size_t>((state_ * 0x2545F4914F6CDD1Du) >> 33) % bound;
  }

 private:
  uint64_t state_;
};

void CheckInput(uint8_t choice, const std::string& text) {
  const std::string input = std::string(1, static_cast<char>(choice)) + text;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

TEST(ReaderFuzzTest, MutationsOfEverySeed) {
  Draws draws(20140225);
  for (std::string_view seed : kSeeds) {
    for (int choice = 0; choice < 256; ++choice)
      CheckInput(static_cast<uint8_t>(choice), std::string(seed));
    for (int i = 0; i < kMutationsPerSeed; ++i) {
      std::string text(seed);
      for (size_t change = 0; change <= draws.Below(4); ++change) {
        const size_t at = draws.Below(text.size());
        switch (draws.Below(3)) {
          case 0:
            text.erase(at, 1 + draws.Below(8));
            break;
          case 1:
            text.insert(at, kPieces[draws.Below(std::size(kPieces))]);
            break;
          case 2:
            text[at] = static_cast<char>(draws.Below(256));
            break;
        }
        if (text.empty()) text = ".";
      }
      CheckInput(static_cast<uint8_t>(draws.Below(256)), text);
    }
  }
}

}  // namespace
}  // namespace quadraft::rdf
