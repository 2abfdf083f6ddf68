#pragma once

// What the shared library shows. Everything else in it is hidden, so that it clashes with nobody's
// libraries in one process.
#define QPROMPT_API __attribute__((visibility("default")))
