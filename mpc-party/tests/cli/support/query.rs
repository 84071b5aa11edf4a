//! Query files.

use std::fmt;

/// The text of a query file, in parts.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) sites: Vec<String>,
    /// Lines of `[population]` beside partition and sites.
    pub(crate) population: String,
    /// Lines of `[markers]`.
    pub(crate) markers: String,
    /// Lines of `[statistics]`.
    pub(crate) statistics: String,
    /// Lines of `[disclosure]`.
    pub(crate) disclosure: String,
    /// Whole sections.
    pub(crate) more: String,
    pub(crate) partition: &'static str,
    pub(crate) recipients: Vec<String>,
}

impl Query {
    /// All markers of so many sites under the default rule, received by all.
    pub(crate) fn of(sites: usize) -> Self {
        let sites: Vec<String> = (0..sites).map(name).collect();
        Self {
            recipients: sites.clone(),
            sites,
            population: String::new(),
            markers: "all = true".into(),
            statistics: String::new(),
            disclosure: String::new(),
            more: String::new(),
            partition: "horizontal",
        }
    }

    pub(crate) fn markers(mut self, lines: impl Into<String>) -> Self {
        self.markers = lines.into();
        self
    }

    pub(crate) fn disclosure(mut self, lines: impl Into<String>) -> Self {
        self.disclosure = lines.into();
        self
    }

    pub(crate) fn population(mut self, lines: impl Into<String>) -> Self {
        self.population = lines.into();
        self
    }
}

/// The name of a site.
pub(crate) fn name(site: usize) -> String {
    format!("site-{}", ["a", "b", "c", "d", "e"][site])
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sites, population, markers, statistics, disclosure, more, partition, recipients } = self;
        write!(
            f,
            "schema = 1\nkind = \"cooccurrence\"\ntitle = \"A test\"\npurpose = \"Testing\"\n\n[population]\n\
             partition = \"{partition}\"\nsites = {sites:?}\n{population}\n\n[markers]\n{markers}\n\n[statistics]\n\
             {statistics}\n\n[disclosure]\n{disclosure}\n\n[result]\nrecipients = {recipients:?}\n\n{more}\n"
        )
    }
}
