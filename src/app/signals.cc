#include "app/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/check.h"

namespace tocsin::app {

ProcessEvents::ProcessEvents() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  signal_descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC);
  event_descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
  CHECK(signal_descriptor_ >= 0 && event_descriptor_ >= 0, "a process may have two descriptors");
}

ProcessEvents::~ProcessEvents() {
  close(signal_descriptor_);
  close(event_descriptor_);
}

ProcessEvent ProcessEvents::Wait() {
  for (;;) {
    pollfd descriptors[] = {{signal_descriptor_, POLLIN, 0}, {event_descriptor_, POLLIN, 0}};
    if (poll(descriptors, 2, -1) < 0) continue;
    if (descriptors[0].revents != 0) {
      signalfd_siginfo info{};
      if (read(signal_descriptor_, &info, sizeof info) != sizeof info) continue;
      return info.ssi_signo == SIGHUP ? ProcessEvent::kReload : ProcessEvent::kStop;
    }
    uint64_t ignored = 0;
    if (read(event_descriptor_, &ignored, sizeof ignored) == sizeof ignored) {
      return ProcessEvent::kStop;
    }
  }
}

void ProcessEvents::PostStop() {
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = write(event_descriptor_, &one, sizeof one);
}

}  // namespace tocsin::app
