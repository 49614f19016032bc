#include <net_mesh/base.h>
#include <stdio.h>

int main(void) {
  net_error error;
  if (net_abi_check(NET_ABI_MAJOR, NET_ABI_MINOR, &error) != 0) {
    fprintf(stderr, "%s\n", (const char *)error.message.data);
    return 1;
  }
  net_library_info info;
  if (net_build_info_with(&info, NULL) != 0) return 1;
  printf("{\"version\":\"%s\",\"spec_hash\":\"%s\",\"features\":[", (const char *)info.version.data,
         (const char *)info.spec_hash.data);
  for (size_t i = 0; i < info.features.len; i++) {
    printf("%s\"%s\"", i > 0 ? "," : "", (const char *)info.features.items[i].data);
  }
  puts("],\"from\":\"\"}");
  net_library_info_free(&info);
  return 0;
}
