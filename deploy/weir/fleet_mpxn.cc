#include "deploy/weir/fleet_mpxn.h"

namespace weir {

namespace {

void PutDigits(uint64_t number, size_t digits, char* out) {
  for (size_t i = digits; i > 0; --i) {
    out[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

uint64_t DigitAt(const char* text, size_t i) {
  return static_cast<uint64_t>(text[i] - '0');
}

}  // namespace

char* PutMpan(uint64_t distributor, uint64_t number, char* out) {
  constexpr uint64_t kWeights[] = {3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43};
  PutDigits(distributor, 2, out);
  PutDigits(number, 10, out + 2);
  uint64_t sum = 0;
  for (size_t i = 0; i + 1 < kMpanSize; ++i) {
    sum += DigitAt(out, i) * kWeights[i];
  }
  PutDigits(sum % 11 % 10, 1, out + kMpanSize - 1);
  return out + kMpanSize;
}

char* PutMprn(uint64_t number, char* out) {
  constexpr size_t kCore = kMprnSize - 2;
  PutDigits(number, kCore, out);
  uint64_t sum = 0;
  for (size_t i = 0; i < kCore; ++i) {
    sum += DigitAt(out, i) * (kCore - i);
  }
  PutDigits(sum % 11, 2, out + kCore);
  return out + kMprnSize;
}

std::string FleetMpan(uint64_t distributor, uint64_t number) {
  std::string text(kMpanSize, '0');
  PutMpan(distributor, number, text.data());
  return text;
}

std::string FleetMprn(uint64_t number) {
  std::string text(kMprnSize, '0');
  PutMprn(number, text.data());
  return text;
}

}  // namespace weir
