//! Interfaces that Python implements, as protocols of the package.

use super::calls::MethodModel;
use super::types::{self, Mode};
use super::{fit, names};
use crate::ir::{Api, Host, Method};

pub(crate) struct HostModel {
    pub name: String,
    pub doc: String,
    pub methods: Vec<MethodModel>,
    pub spec: String,
    pub function: Option<String>,
}

/// Lowers an interface.
pub(crate) fn host(api: &Api, item: &Host) -> HostModel {
    let result = |method: &Method| {
        let ty =
            method.returns.as_ref().map_or_else(|| "None".into(), |ty| types::input(api, ty, Mode::Blocking));
        if method.is_async { format!("Awaitable[{ty}] | {ty}") } else { ty }
    };
    let args = |method: &Method| -> Vec<String> {
        method.args.iter().map(|arg| types::output(api, &arg.ty, Mode::Blocking)).collect()
    };
    let methods = item.methods.iter().filter(|method| !method.optional).map(|method| {
        let mut params = vec!["self".to_owned()];
        let given = method.args.iter().zip(args(method));
        params.extend(given.map(|(arg, ty)| format!("{}: {ty}", names::argument(api, arg))));
        if params.len() > 1 {
            params.push("/".into());
        }
        MethodModel {
            decorators: Vec::new(),
            signature: fit::call(
                4,
                &format!("def {}(", names::member(&method.name)),
                &params,
                &format!(") -> {}:", result(method)),
            ),
            doc: fit::doc(8, &method.doc.text),
            body: Vec::new(),
            aliases: Vec::new(),
            name: names::member(&method.name),
        }
    });
    let mut doc = item.doc.text.clone();
    for prop in &item.props {
        doc += &format!("\n\nThe attribute `{}` may be there: {}", names::member(&prop.name), prop.doc.text);
    }
    for method in item.methods.iter().filter(|method| method.optional) {
        let params: Vec<_> = method.args.iter().map(|arg| names::argument(api, arg)).collect();
        doc += &format!(
            "\n\nThe method `{}({})` may be there: {}",
            names::member(&method.name),
            params.join(", "),
            method.doc.text
        );
    }
    let listed = item.methods.iter().map(|method| {
        format!("(\"{}\", {})", names::member(&method.name), if method.is_async { "True" } else { "False" })
    });
    let mut listed: Vec<_> = listed.collect();
    if let [only] = &mut listed[..] {
        only.push(',');
    }
    let callable = if item.callable { "True" } else { "False" };
    let class = names::class(&item.name);
    HostModel {
        doc: fit::doc(4, &doc),
        methods: methods.collect(),
        spec: fit::call(
            0,
            &format!("{} = HostType(", names::host_spec(&item.name.spec)),
            &[callable.to_owned(), format!("({})", listed.join(", "))],
            ")",
        ),
        function: item.callable.then(|| {
            let method = &item.methods[0];
            format!(
                "{class}Function: TypeAlias = Callable[[{}], {}]",
                args(method).join(", "),
                result(method)
            )
        }),
        name: class,
    }
}
