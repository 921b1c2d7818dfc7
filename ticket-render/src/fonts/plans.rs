//! Shaping plans, made once per script, language and features.

use std::sync::{Arc, RwLock};

use harfrust::{Direction, Feature, Font, Language, Script, ShapePlan, ShapePlanKey};

/// What a plan depends on besides the face.
pub(crate) struct PlanRequest<'a> {
    pub(crate) script: Script,
    pub(crate) direction: Direction,
    pub(crate) language: Option<&'a Language>,
    /// Features for the whole run.
    pub(crate) features: &'a [Feature],
}

/// The plans of one face that were asked for so far.
#[derive(Default)]
pub(super) struct PlanCache {
    plans: RwLock<Vec<Arc<ShapePlan>>>,
}

impl PlanCache {
    /// Languages and features are chosen by authors of templates, so the cache has a bound. What is
    /// beyond it is planned each time.
    const MAX_PLANS: usize = 64;

    pub(super) fn get(&self, font: &Font, request: &PlanRequest<'_>) -> Arc<ShapePlan> {
        let key = ShapePlanKey::new(font, Some(request.script), request.direction)
            .language(request.language)
            .features(request.features);
        // A poisoned lock still holds good plans: nothing panics between changes.
        let plans = self
            .plans
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(plan) = plans.iter().find(|plan| key.matches(plan)) {
            return Arc::clone(plan);
        }
        drop(plans);
        let plan = Arc::new(ShapePlan::new(
            font,
            request.direction,
            Some(request.script),
            request.language,
            request.features,
        ));
        let mut plans = self
            .plans
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if plans.len() < Self::MAX_PLANS {
            plans.push(Arc::clone(&plan));
        }
        plan
    }
}
