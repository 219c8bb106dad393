tocsin_fuzz(kubernetes_object SOURCE "${CMAKE_CURRENT_LIST_DIR}/kubernetes_object_fuzz.cc" DEPENDS discovery)
