# find_package(net_mesh) defines two targets to link with:
#   net_mesh::shared  libnet_mesh.so of ABI @ABI_MAJOR@.@ABI_MINOR@
#   net_mesh::static  libnet_mesh.a

get_filename_component(_net_mesh_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET net_mesh::shared)
  add_library(net_mesh::shared SHARED IMPORTED)
  set_target_properties(net_mesh::shared PROPERTIES
    IMPORTED_LOCATION "${_net_mesh_prefix}/lib/libnet_mesh.so.@ABI_MAJOR@.@ABI_MINOR@"
    IMPORTED_SONAME "libnet_mesh.so.@ABI_MAJOR@"
    INTERFACE_INCLUDE_DIRECTORIES "${_net_mesh_prefix}/include"
    # What a library lacks is told when the program starts, not when it calls it.
    INTERFACE_LINK_OPTIONS "-Wl,-z,now")

  add_library(net_mesh::static STATIC IMPORTED)
  set_target_properties(net_mesh::static PROPERTIES
    IMPORTED_LOCATION "${_net_mesh_prefix}/lib/libnet_mesh.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_net_mesh_prefix}/include"
    INTERFACE_LINK_LIBRARIES "@NATIVE_LIBRARIES@")
endif()

unset(_net_mesh_prefix)
