// Replays a fuzz corpus, and a bounded number of seeded mutations of it, as an ordinary test.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

namespace {

constexpr int kMutationsPerInput = 200;
constexpr size_t kMaxInputBytes = 1 << 20;

void RunOne(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

std::string Mutate(std::string input, std::mt19937_64& random) {
  for (uint64_t edits = 1 + random() % 4; edits > 0 && !input.empty(); --edits) {
    const size_t at = random() % input.size();
    switch (random() % 4) {
      case 0:
        input[at] = static_cast<char>(random());
        break;
      case 1:
        input.erase(at, 1 + random() % 8);
        break;
      case 2:
        input.insert(at, 1 + random() % 4, static_cast<char>(random()));
        break;
      default:
        input.resize(at);
        break;
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: replay CORPUS_DIRECTORY\n");
    return 2;
  }
  std::vector<std::string> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (inputs.back().size() > kMaxInputBytes) inputs.back().resize(kMaxInputBytes);
  }
  if (inputs.empty()) {
    std::fprintf(stderr, "no corpus in %s\n", argv[1]);
    return 1;
  }
  std::mt19937_64 random(20260101);  // Fixed seed: a failure replays.
  size_t runs = 0;
  for (const std::string& input : inputs) {
    RunOne(input);
    for (int i = 0; i < kMutationsPerInput; ++i, ++runs) RunOne(Mutate(input, random));
  }
  std::printf("%zu inputs, %zu mutations\n", inputs.size(), runs);
  return 0;
}
