// SPDX-License-Identifier: Apache-2.0
#include "known_thread.h"

#include <Python.h>

namespace segfleet {
namespace {

class KnownThread {
 public:
  KnownThread() : lock_(PyGILState_Ensure()), state_(PyEval_SaveThread()) {}
  ~KnownThread() {
    if (Py_IsInitialized() == 0) return;  // the interpreter has taken its thread states with it
    PyEval_RestoreThread(state_);
    PyGILState_Release(lock_);
  }
  KnownThread(const KnownThread&) = delete;
  KnownThread& operator=(const KnownThread&) = delete;

 private:
  PyGILState_STATE lock_;
  PyThreadState* state_;
};

}  // namespace

void stay_known_to_python() {
  thread_local const KnownThread known;
}

}  // namespace segfleet
