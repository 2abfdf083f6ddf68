// PLACEHOLDER until the public API exists: proves that the installed headers compile and that the
// library links. To become: load DEMO_DIR's model, classify one of its pictures, print the class.
#include <cstdio>

#include "qprompt/core/file.h"

int main() {
  std::printf("%s would be read; its name's hash is %s\n", DEMO_DIR,
              qprompt::hex64(qprompt::hash64(DEMO_DIR)).c_str());
}
