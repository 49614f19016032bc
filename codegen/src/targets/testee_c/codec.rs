//! Readers and writers of values for the C testee.

use crate::ir::{
    Api, Case, Enum, Family, Field, Flags, Host, Kind, Literal, Method, Module, Record, Type, Union,
};
use crate::targets::cpack::order::{self, Item};
use crate::targets::cpack::{names, types};
use anyhow::Result;
use std::collections::BTreeSet;

/// Code of the reader and writer of a type: texts and bytes differ here, as times and counts do.
pub(super) fn code(api: &Api, ty: &Type) -> Result<String> {
    Ok(match ty {
        Type::String | Type::Json(_) => "text".into(),
        Type::Bytes => "bytes".into(),
        Type::Duration(_) => "time".into(),
        Type::Scalar(at) => code(api, &api.scalar(*at).base)?,
        Type::List(of) => format!("{}_list", code(api, of)?),
        Type::Map(of) => format!("{}_map", code(api, of)?),
        other => types::ctype(api, other)?.code,
    })
}

/// Statements that read `value` into a place, and show a place.
pub(super) struct Codec {
    pub name: String,
    pub ty: String,
    pub read: Vec<String>,
    pub show: Vec<String>,
}

/// Everything that reads and shows values of a module: declarations in order.
#[derive(Default)]
pub(super) struct Codecs {
    seen: BTreeSet<String>,
    pub lines: Vec<String>,
}

impl Codecs {
    /// The codecs of a module's types, and of what its functions take and give.
    pub(super) fn module(&mut self, api: &Api, position: usize, module: &Module) -> Result<()> {
        for item in &module.enums {
            self.enumeration(item);
        }
        for item in &module.flags {
            self.flags(item);
        }
        for item in order::items(api, position, module) {
            match item {
                Item::Record(index) => self.record(api, &module.records[index])?,
                Item::Union(index) => self.union(api, &module.unions[index])?,
            }
        }
        let objects = module.objects.iter().flat_map(|o| o.constructors.iter().chain(&o.methods));
        let hosts = module.hosts.iter().flat_map(|h| h.methods.iter().chain(&h.props));
        for method in module.functions.iter().chain(objects).chain(hosts) {
            for ty in method.args.iter().map(|arg| &arg.ty).chain(&method.returns) {
                self.needs(api, ty)?;
                if let Type::Stream(of) = ty {
                    self.stream(api, of)?;
                }
            }
        }
        for item in module.objects.iter().filter_map(|object| object.iterates.as_ref()) {
            self.needs(api, &Type::List(Box::new(item.clone())))?;
        }
        for item in &module.families {
            for kind in &item.kinds {
                for field in &kind.fields {
                    self.needs(api, &field.ty)?;
                }
            }
        }
        Ok(())
    }

    /// Declares lists, maps and fixed bytes that a type is made of.
    fn needs(&mut self, api: &Api, ty: &Type) -> Result<()> {
        match ty {
            Type::Optional(inner) => self.needs(api, inner),
            Type::Scalar(at) => self.needs(api, &api.scalar(*at).base),
            Type::FixedBytes(size) => {
                if self.seen.insert(format!("fixed_{size}")) {
                    self.lines.push(format!("TESTEE_FIXED({size})"));
                }
                Ok(())
            }
            Type::List(of) | Type::Map(of) => {
                self.needs(api, of)?;
                let name = code(api, ty)?;
                if !self.seen.insert(name) {
                    return Ok(());
                }
                let (item, of_code, whole) =
                    (types::item(api, ty)?, code(api, of)?, types::ctype(api, ty)?.name);
                if matches!(ty, Type::Map(_)) {
                    self.lines.push(format!("TESTEE_MAP({of_code}, {item}, {whole})"));
                } else {
                    self.lines.push(format!("TESTEE_READ_LIST({of_code}, {item}, {whole})"));
                    self.lines.push(format!("TESTEE_SHOW_LIST({of_code}, {whole})"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn stream(&mut self, api: &Api, of: &Type) -> Result<()> {
        let of_code = code(api, of)?;
        if self.seen.insert(format!("stream {of_code}")) {
            let list = types::ctype(api, &Type::List(Box::new(of.clone())))?;
            let item = types::ctype(api, of)?.name;
            let (name, whole) = (list.code, list.name);
            self.lines.push(format!("TESTEE_SOURCE({of_code}, {item}, {whole}, net_{name}_pack)"));
            self.lines.push(format!("TESTEE_DRAIN({of_code}, {whole}, net_{name}_unpack, net_{name}_free)"));
        }
        Ok(())
    }

    fn enumeration(&mut self, item: &Enum) {
        let (name, ty) = (&item.name.spec, names::ty(&item.name.spec));
        if item.open {
            return self.open_enumeration(item);
        }
        self.codec(Codec {
            name: name.clone(),
            read: vec![
                format!("  if (!{ty}_from_text(net_str(text_of(c, value)), out)) {{"),
                "    refuse(c, \"no such value\");".into(),
                "  }".into(),
            ],
            show: vec![
                format!("  net_view text = net_str({ty}_text(*value));"),
                "  show_text(c, &text);".into(),
            ],
            ty,
        });
    }

    /// An enum with values that nobody knows yet, which are texts such as `unknown:7`.
    fn open_enumeration(&mut self, item: &Enum) {
        let (name, ty) = (&item.name.spec, names::ty(&item.name.spec));
        self.codec(Codec {
            name: name.clone(),
            read: vec![
                "  const char *text = text_of(c, value);".into(),
                "  if (strncmp(text, \"unknown:\", 8) == 0) {".into(),
                format!("    *out = ({ty})strtoull(text + 8, NULL, 10);"),
                format!("  }} else if (!{ty}_from_text(net_str(text), out)) {{"),
                "    refuse(c, \"no such value\");".into(),
                "  }".into(),
            ],
            show: vec![
                "  char unknown[32];".into(),
                format!("  {ty} known = 0;"),
                "  snprintf(unknown, sizeof unknown, \"unknown:%llu\", (unsigned long long)*value);".into(),
                format!("  net_view text = net_str({ty}_text(*value));"),
                format!("  if (!{ty}_from_text(text, &known) || known != *value) {{"),
                "    text = net_str(unknown);".into(),
                "  }".into(),
                "  show_text(c, &text);".into(),
            ],
            ty,
        });
    }

    fn flags(&mut self, item: &Flags) {
        let (name, ty) = (&item.name.spec, names::ty(&item.name.spec));
        self.codec(Codec {
            name: name.clone(),
            read: vec![
                "  *out = 0;".into(),
                "  for (const node *at = value == NULL ? NULL : value->first; at != NULL; at = at->next) {"
                    .into(),
                format!("    {ty} bit = 0;"),
                format!("    if (!{ty}_from_text(net_str(text_of(c, at)), &bit)) {{"),
                "      refuse(c, \"no such bit\");".into(),
                "    }".into(),
                format!("    *out = ({ty})(*out | bit);"),
                "  }".into(),
            ],
            show: vec![
                "  size_t len = 0;".into(),
                "  for (unsigned i = 0; i < 8 * sizeof *value; i++) {".into(),
                "    len += (size_t)((uint64_t)*value >> i & 1);".into(),
                "  }".into(),
                "  show_len(c, 'l', len);".into(),
                "  len = 0;".into(),
                "  for (unsigned i = 0; i < 8 * sizeof *value; i++) {".into(),
                "    if (((uint64_t)*value >> i & 1) != 0) {".into(),
                "      size_t before = enter_item(c, len++);".into(),
                format!("      net_view text = net_str({ty}_text(({ty})(UINT64_C(1) << i)));"),
                "      show_text(c, &text);".into(),
                "      leave(c, before);".into(),
                "    }".into(),
                "  }".into(),
            ],
            ty,
        });
    }

    fn record(&mut self, api: &Api, item: &Record) -> Result<()> {
        for field in &item.fields {
            self.needs(api, &field.ty)?;
            if let Type::Stream(of) = &field.ty {
                self.needs(api, &Type::List(of.clone()))?;
                self.stream(api, of)?;
            }
        }
        let ty = names::ty(&item.name.spec);
        let mut read = vec![format!("  *out = {ty}_init();")];
        let mut show = Vec::new();
        for field in &item.fields {
            read.extend(read_field(api, field, "out->", "value")?);
            show.extend(show_field(api, field, "value->")?);
        }
        if item.fields.is_empty() {
            show.push("  show_len(c, 'o', 0);".into());
        }
        self.codec(Codec { name: item.name.spec.clone(), ty, read, show });
        Ok(())
    }

    fn union(&mut self, api: &Api, item: &Union) -> Result<()> {
        let (name, ty) = (&item.name.spec, names::ty(&item.name.spec));
        self.lines.push(format!("static inline void read_{name}(call *c, const node *value, {ty} *out);"));
        self.lines.push(format!("static inline void show_{name}(call *c, const {ty} *value);"));
        for case in item.cases.iter().filter(|case| case.record.is_none()) {
            for field in &case.fields {
                self.needs(api, &field.ty)?;
            }
        }
        let tag = types::quoted(&item.tag);
        let mut read = vec![
            format!("  const char *tag = text_of(c, member(value, {tag}));"),
            "  memset(out, 0, sizeof *out);".into(),
        ];
        let mut show = vec![
            format!("  size_t before = enter(c, net_str({tag}));"),
            "  net_view tag = net_str(\"\");".into(),
        ];
        let mut bodies = Vec::new();
        for (index, case) in item.cases.iter().enumerate() {
            let word = if index == 0 { "  if" } else { "  } else if" };
            let constant = names::constant(&[name, &case.name]);
            read.push(format!("{word} (strcmp(tag, {}) == 0) {{", types::quoted(&case.text)));
            read.push(format!("    out->tag = {constant};"));
            let member = format!("as.{}.", names::value(&case.name));
            show.push(format!("{word} (value->tag == {constant}) {{"));
            show.push(format!("    tag = net_str({});", types::quoted(&case.text)));
            bodies.push(format!("{word} (value->tag == {constant}) {{"));
            self.case(api, case, &member, &mut read, &mut bodies)?;
        }
        read.extend(["  } else {".into(), "    refuse(c, \"no such case\");".into(), "  }".into()]);
        show.extend(["  }".into(), "  show_text(c, &tag);".into(), "  leave(c, before);".into()]);
        bodies.push("  }".into());
        if item.cases.iter().any(|case| !case.fields.is_empty()) {
            show.extend(bodies);
        }
        self.codec(Codec { name: name.clone(), ty, read, show });
        Ok(())
    }

    fn case(
        &mut self,
        api: &Api,
        case: &Case,
        member: &str,
        read: &mut Vec<String>,
        show: &mut Vec<String>,
    ) -> Result<()> {
        for field in &case.fields {
            let default = field.default.as_ref().map(|value| types::literal(api, value, &field.ty));
            if let Some(value) = default.transpose()?.flatten() {
                let name = names::field(api, &field.name.spec, &field.ty);
                read.push(format!("    out->{member}{name} = {value};"));
            }
            let deeper = |line: String| format!("  {line}");
            read.extend(read_field(api, field, &format!("out->{member}"), "value")?.into_iter().map(deeper));
            show.extend(show_field(api, field, &format!("value->{member}"))?.into_iter().map(deeper));
        }
        Ok(())
    }

    fn codec(&mut self, codec: Codec) {
        let Codec { name, ty, read, show } = codec;
        self.lines.push(String::new());
        self.lines.push(format!("static inline void read_{name}(call *c, const node *value, {ty} *out) {{"));
        self.lines.extend(read);
        self.lines.push("}".into());
        self.lines.push(String::new());
        self.lines.push(format!("static inline void show_{name}(call *c, const {ty} *value) {{"));
        self.lines.extend(show);
        self.lines.push("}".into());
        self.lines.push(String::new());
    }
}

/// Reads a field of an object; what is left out keeps its default.
fn read_field(api: &Api, field: &Field, target: &str, object: &str) -> Result<Vec<String>> {
    let name = names::field(api, &field.name.spec, &field.ty);
    let (ty, optional) = field.ty.split_optional();
    let node = format!("member({object}, {})", types::quoted(&field.name.spec));
    let read = format!("read_{}(c, {node}, &{target}{name});", code(api, ty)?);
    Ok(if optional && !types::is_view(api, ty) {
        vec![
            format!("  {target}has_{name} = given({node});"),
            format!("  if ({target}has_{name}) {{"),
            format!("    {read}"),
            "  }".into(),
        ]
    } else if field.may_be_left_out() {
        vec![format!("  if (given({node})) {{"), format!("    {read}"), "  }".into()]
    } else {
        vec![format!("  {read}")]
    })
}

fn show_field(api: &Api, field: &Field, target: &str) -> Result<Vec<String>> {
    show_member(api, &field.name.spec, &field.ty, target)
}

/// Shows a member of an object.
pub(super) fn show_member(api: &Api, spec: &str, ty: &Type, target: &str) -> Result<Vec<String>> {
    let name = names::field(api, spec, ty);
    let (ty, optional) = ty.split_optional();
    let show = match ty {
        Type::Stream(of) => format!("drain_{}(c, {target}{name});", code(api, of)?),
        _ => format!("show_{}(c, &{target}{name});", code(api, ty)?),
    };
    let mut lines =
        vec!["  {".to_owned(), format!("    size_t at = enter(c, net_str({}));", types::quoted(spec))];
    if optional {
        let there = if types::is_view(api, ty) {
            format!("{target}{name}.data != NULL")
        } else {
            format!("{target}has_{name}")
        };
        lines.extend([
            format!("    if ({there}) {{"),
            format!("      {show}"),
            "    } else {".into(),
            "      show_null(c);".into(),
            "    }".into(),
        ]);
    } else {
        lines.push(format!("    {show}"));
    }
    lines.extend(["    leave(c, at);".to_owned(), "  }".to_owned()]);
    Ok(lines)
}

/// Statements that show the fields of an error, and answer a call with one.
pub(super) fn kind(api: &Api, family: &Family, item: &Kind) -> Result<(Vec<String>, Vec<String>)> {
    let kept: Vec<_> = item.fields.iter().filter(|f| !matches!(f.ty, Type::Constant(_))).collect();
    if kept.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let ty = names::ty(&names::kind_fields(&family.name, item));
    let mut show = vec![format!("  {ty} fields;"), format!("  if ({ty}_unpack(error, &fields)) {{")];
    let mut read = vec![
        format!("      {ty} given_fields;"),
        "      memset(&given_fields, 0, sizeof given_fields);".into(),
    ];
    for f in kept {
        let deeper = |line: String| format!("  {line}");
        show.extend(show_member(api, &f.name, &f.ty, "fields.")?.into_iter().map(deeper));
        let name = crate::ir::Name { spec: f.name.clone(), ..Default::default() };
        let plain = Field { default: Some(Literal::Map), ..Field::plain(name, f.ty.clone()) };
        let lines = read_field(api, &plain, "given_fields.", "fields")?;
        read.extend(lines.into_iter().map(|line| format!("    {line}")));
    }
    show.push("  }".into());
    read.push(format!("      {ty}_pack(&w, &given_fields);"));
    Ok((show, read))
}

/// The functions of a host object.
pub(super) fn host(api: &Api, host: &Host) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for method in &host.methods {
        lines.extend(host_method(api, host, method)?);
    }
    let ty = names::ty(&host.name.spec);
    lines.push(format!("static inline {ty} host_{}(const host *own) {{", host.name.spec));
    lines.push(format!("  {ty} made;"));
    lines.push("  memset(&made, 0, sizeof made);".into());
    lines.push("  made.ctx = (void *)own;".into());
    for method in &host.methods {
        let (field, spec) = (names::value(&method.name.spec), &method.name.spec);
        let function = format!("made.{field} = {}_{spec};", host.name.spec);
        if method.optional {
            lines.push(format!("  if (member(own->value, {}) != NULL) {{", types::quoted(spec)));
            lines.push(format!("    {function}"));
            lines.push("  }".into());
        } else {
            lines.push(format!("  {function}"));
        }
    }
    for prop in &host.props {
        let Some(ty) = &prop.returns else { continue };
        let name = names::field(api, &prop.name.spec, ty);
        let node = format!("member(member(own->value, {}), \"ok\")", types::quoted(&prop.name.spec));
        lines.push(format!("  if (given({node})) {{"));
        lines.push(format!("    read_{}(own->c, {node}, &made.{name});", code(api, ty.split_optional().0)?));
        lines.push("  }".into());
    }
    lines.extend(["  return made;".into(), "}".into(), String::new()]);
    Ok(lines)
}

fn host_method(api: &Api, host: &Host, method: &Method) -> Result<Vec<String>> {
    let mut params = vec!["void *ctx".to_owned(), "uint64_t reply".to_owned()];
    let mut lines = Vec::new();
    let mut unused = Vec::new();
    for arg in &method.args {
        let name = names::argument(api, arg);
        let ty = types::ctype(api, arg.ty.split_optional().0)?.name;
        let by_value = types::passing(api, arg.ty.split_optional().0) == types::Passing::Value;
        params.push(if by_value { format!("{ty} {name}") } else { format!("const {ty} *{name}") });
        unused.push(format!("  (void){name};"));
        if method.returns.as_ref().is_some_and(|result| *result == arg.ty) && by_value {
            lines.push(format!("  if (gives_back(answer, {})) {{", types::quoted(&arg.name)));
            lines.push(format!("    result = {name};"));
            lines.push("  } else".into());
        }
    }
    let spec = &method.name.spec;
    let head = format!("static void {}_{spec}({}) {{", host.name.spec, params.join(", "));
    let mut all = vec![
        head,
        "  const host *own = (const host *)ctx;".into(),
        format!("  const node *answer = answer_of(own, {});", types::quoted(spec)),
    ];
    all.extend(unused);
    all.extend(["  if (throws(own->c, answer, reply)) {".into(), "    return;".into(), "  }".into()]);
    let reply = format!("{}_{spec}_reply", names::ty(&host.name.spec));
    let Some(result) = &method.returns else {
        all.extend([format!("  {reply}(reply);"), "}".into(), String::new()]);
        return Ok(all);
    };
    let (inner, optional) = result.split_optional();
    let ty = types::ctype(api, inner)?.name;
    all.push(format!("  {ty} result;"));
    all.push("  memset(&result, 0, sizeof result);".into());
    let guard = if optional { "if (given(member(answer, \"ok\"))) {" } else { "{" };
    all.extend(lines);
    all.push(format!("  {guard}"));
    all.push(format!("    read_{}(own->c, member(answer, \"ok\"), &result);", code(api, inner)?));
    all.push("  }".into());
    let by_value = types::passing(api, inner) == types::Passing::Value;
    all.push(format!("  {reply}(reply, {}result);", if by_value { "" } else { "&" }));
    all.extend(["}".into(), String::new()]);
    Ok(all)
}
