// How fast histories are read and judged: Porcupine's and Knossos' published ones (of
// $QUADRAFT_SHARED/data/histories), and longer and harder ones made here.
//
//   QUADRAFT_SHARED=... bazel run -c opt //jepsen/linear:linear_benchmark [-- rounds [part of a
//   name]]
//
// Each time is the best of the rounds, CPU time of this thread: file = open and read, parse = text
// to History, check = History to verdict, all = the three together. What Porcupine needs for the
// like is printed beside it where it was measured (other machine of the same size; its check alone,
// without reading).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "core/base/strings.h"
#include "jepsen/history/edn.h"
#include "jepsen/history/read_history.h"
#include "jepsen/linear/benchmark_histories.h"
#include "jepsen/linear/checker.h"

namespace quadraft::jepsen {
namespace {

double CpuMs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Times {
  double file = 0, parse = 0, check = 0;
  double all() const { return file + parse + check; }
};

struct Totals {
  size_t histories = 0;
  size_t operations = 0;
  size_t bytes = 0;
  uint64_t configurations = 0;
  size_t good = 0, bad = 0, unknown = 0;
};

void Count(const CheckResult& result, Totals* totals) {
  ++totals->histories;
  totals->operations += result.operations;
  totals->configurations += result.configurations;
  ++(result.verdict == Verdict::kOk          ? totals->good
     : result.verdict == Verdict::kViolation ? totals->bad
                                             : totals->unknown);
}

void PrintHead() {
  std::printf("%-28s %5s %8s %9s %8s %8s %8s %8s  %s\n", "histories", "files", "ops", "configs",
              "file ms", "parse", "check", "all ms", "verdicts; peer");
}

void PrintRow(const std::string& name, const Totals& totals, const Times& best,
              const std::string& remark) {
  std::printf("%-28s %5zu %8zu %9llu %8.2f %8.2f %8.2f %8.2f  %zu good %zu bad %zu unknown; %s\n",
              name.c_str(), totals.histories, totals.operations,
              static_cast<unsigned long long>(totals.configurations), best.file, best.parse,
              best.check, best.all(), totals.good, totals.bad, totals.unknown, remark.c_str());
  std::fflush(stdout);
}

std::string only;  // Rows whose name has this.

bool Wanted(const std::string& name) { return name.find(only) != std::string::npos; }

struct File {
  std::string path;
  std::unique_ptr<Model> model;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string text(static_cast<size_t>(file.tellg()), '\0');
  file.seekg(0);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

// The sum over the files, once.
Times RunFiles(const std::vector<File>& files, Totals* totals) {
  Times times;
  *totals = {};
  for (const File& file : files) {
    const double start = CpuMs();
    const std::string text = ReadFile(file.path);
    const double read = CpuMs();
    const auto history = ReadHistory(text);
    const double parsed = CpuMs();
    QR_CHECK(history.ok());
    const CheckResult result = CheckLinearizable(*history, *file.model);
    times.check += CpuMs() - parsed;
    times.parse += parsed - read;
    times.file += read - start;
    totals->bytes += text.size();
    Count(result, totals);
  }
  return times;
}

void BenchFiles(const std::string& name, const std::vector<File>& files, int rounds,
                const std::string& remark) {
  if (!Wanted(name)) return;
  Totals totals;
  Times best = RunFiles(files, &totals);
  for (int i = 1; i < rounds; ++i) {
    const Times times = RunFiles(files, &totals);
    if (times.all() < best.all()) best = times;
  }
  PrintRow(name, totals, best, remark);
}

void BenchMade(const std::string& name, const HistorySpec& spec, const Model& model, int rounds) {
  if (!Wanted(name)) return;
  const History history = MakeHistory(spec);
  Totals totals;
  Times best;
  best.check = 1e18;
  for (int i = 0; i < std::min(rounds, 3); ++i) {
    totals = {};
    const double start = CpuMs();
    Count(CheckLinearizable(history, model), &totals);
    best.check = std::min(best.check, CpuMs() - start);
  }
  PrintRow(name, totals, best, "made here");
}

std::unique_ptr<Model> ModelOf(const std::string& name) {
  if (name.starts_with("kv")) return KvModel();
  if (name.starts_with("mutex")) return MutexModel();
  if (name.starts_with("multi-register")) return MultiRegisterModel(*ParseEdn("{:x 0 :y 0}"));
  return CasRegisterModel();
}

// The rows of VERDICTS.tsv whose file is there and whose path has `part`.
std::vector<File> FilesOf(const std::string& verdicts, const std::string& root,
                          const std::string& part) {
  std::vector<File> files;
  std::ifstream rows(verdicts);
  std::string line;
  std::getline(rows, line);
  while (std::getline(rows, line)) {
    std::istringstream fields(line);
    std::string path, model;
    std::getline(fields, path, '\t');
    std::getline(fields, model, '\t');
    path = StrCat(root, "/", path);
    if (path.find(part) == std::string::npos || !std::filesystem::exists(path)) continue;
    files.push_back({path, ModelOf(model)});
  }
  return files;
}

void BenchPublished(const std::string& folder, int rounds) {
  const std::string porcupine = folder + "/porcupine";
  const std::string verdicts = porcupine + "/VERDICTS.tsv";
  BenchFiles("porcupine etcd", FilesOf(verdicts, porcupine, "etcd_"), rounds,
             "Porcupine 5.3 ms a file on average, 540 ms for all 102");
  for (const char* kv : {"c01-ok", "c01-bad", "c10-bad", "c50-ok"}) {
    BenchFiles(StrCat("porcupine kv ", kv), FilesOf(verdicts, porcupine, kv), rounds,
               std::string(kv) == "c50-ok" ? "Porcupine 183 ms" : "");
  }
  BenchFiles("porcupine, whole folder", FilesOf(verdicts, porcupine, "/"), rounds, "bar 500 ms");
  BenchFiles("knossos, whole folder", FilesOf(folder + "/knossos/VERDICTS.tsv", folder, "/"),
             rounds, "bar 100 ms; Porcupine 33 ms for 121 files");
}

void BenchHard(int rounds) {
  const auto kv = [](int clients, int operations, int info, bool lie) {
    return HistorySpec{.shape = Shape::kKv,
                       .clients = clients,
                       .operations = operations,
                       .keys = 10,
                       .info_per_mille = info,
                       .lie = lie};
  };
  BenchMade("kv c50, 20k ops", kv(50, 20'000, 0, false), *KvModel(), rounds);
  BenchMade("kv c50, 20k ops, lie", kv(50, 20'000, 0, true), *KvModel(), rounds);
  BenchMade("kv c50, 5k ops, 2% info", kv(50, 5'000, 20, false), *KvModel(), rounds);
  BenchMade("kv c50, 5k ops, 2% info, lie", kv(50, 5'000, 20, true), *KvModel(), rounds);
  BenchMade("kv c100, 5k ops, 5% info", kv(100, 5'000, 50, false), *KvModel(), rounds);
  const auto reg = [](int clients, int operations, int info, bool lie) {
    return HistorySpec{.shape = Shape::kRegister,
                       .clients = clients,
                       .operations = operations,
                       .info_per_mille = info,
                       .lie = lie};
  };
  const auto model = CasRegisterModel();
  BenchMade("cas c10, 100k ops", reg(10, 100'000, 0, false), *model, rounds);
  BenchMade("cas c10, 100k ops, lie", reg(10, 100'000, 0, true), *model, rounds);
  BenchMade("cas c20, 10k ops", reg(20, 10'000, 0, false), *model, rounds);
  BenchMade("cas c20, 1k ops, lie", reg(20, 1'000, 0, true), *model, rounds);
  BenchMade("cas c30, 1k ops, lie", reg(30, 1'000, 0, true), *model, rounds);
  BenchMade("cas c20, 1k ops, 2% info", reg(20, 1'000, 20, false), *model, rounds);
  BenchMade("cas c5, 500 ops, 1% info, lie", reg(5, 500, 10, true), *model, rounds);
  BenchMade("cas c5, 500 ops, 2% info, lie", reg(5, 500, 20, true), *model, rounds);
  BenchMade("cas c10, 500 ops, 1% info, lie", reg(10, 500, 10, true), *model, rounds);
  BenchMade("cas c10, 500 ops, 2% info, lie", reg(10, 500, 20, true), *model, rounds);
  BenchMade("cas c20, 1k ops, 1% info, lie", reg(20, 1'000, 10, true), *model, rounds);
}

}  // namespace
}  // namespace quadraft::jepsen

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 20;
  const char* shared = std::getenv("QUADRAFT_SHARED");
  if (argc > 2) quadraft::jepsen::only = argv[2];
  quadraft::jepsen::PrintHead();
  if (shared != nullptr && *shared != '\0') {
    quadraft::jepsen::BenchPublished(std::string(shared) + "/data/histories", rounds);
  } else {
    std::cout << "QUADRAFT_SHARED is not set: no published histories\n";
  }
  quadraft::jepsen::BenchHard(rounds);
  return 0;
}
