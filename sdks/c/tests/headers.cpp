// The headers are C++ as well.

#include <net_mesh/bus.h>
#include <net_mesh/control.h>
#include <net_mesh/echo.h>

int main() {
  net_poll_request request = net_poll_request_init();
  return request.limit == 100 ? 0 : 1;
}
