# qprompt_embed(FILE OUTPUT NAME): OUTPUT, made in the build folder whenever FILE changes, defines
# `extern const std::string_view NAME` (with its namespaces) as the text of FILE.
function(qprompt_embed file output name)
  get_filename_component(source ${file} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  set(made ${CMAKE_CURRENT_BINARY_DIR}/${output})
  add_custom_command(
    OUTPUT ${made}
    COMMAND ${CMAKE_COMMAND} -D SOURCE=${source} -D MADE=${made} -D NAME=${name}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
    DEPENDS ${source} ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
    VERBATIM)
  # Texts of two files may not stand in one joined unit: each is a raw string of its own.
  set_source_files_properties(${made} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
