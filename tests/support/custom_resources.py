"""The kinds of deploy/kubernetes whose schemas come with their operators: the fields that we use, and no others.

Written from the definitions of Gateway API 1.6 (standard channel), CloudNativePG 1.30 and KEDA 2.20. A field of another
name is an error here; in a cluster it would be dropped without a word.
"""

from typing import Any

from jsonschema import ValidationError, validate  # type: ignore[import-untyped] # kubernetes_validate brings it

__all__ = ["SPECS", "ValidationError", "validate_custom_resource"]

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
NUMBER: Schema = {"type": "integer", "minimum": 0}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
QUANTITY: Schema = {"type": "string", "pattern": r"^\d+(\.\d+)?(m|[KMGT]i?)?$"}
HOST: Schema = {"type": "string", "pattern": r"^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"}


def one_of(*values: str | int) -> Schema:
    return {"enum": list(values)}


def several(items: Schema, most: int = 64) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}


def fields(*required: str, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def words() -> Schema:
    """Names that the schema leaves open; their values are text."""
    return {"type": "object", "additionalProperties": TEXT}


POLICIES = several(
    fields("type", "value", "periodSeconds", type=one_of("Pods", "Percent"), value=NUMBER, periodSeconds=NUMBER)
)
SCALING = fields(stabilizationWindowSeconds=NUMBER, policies=POLICIES)
SPECS: dict[tuple[str, str], Schema] = {
    ("Gateway", "gateway.networking.k8s.io/v1"): fields(
        "gatewayClassName",
        "listeners",
        gatewayClassName=TEXT,
        listeners=several(
            fields(
                *("name", "port", "protocol"),
                name=TEXT,
                port=PORT,
                protocol=one_of("HTTP", "HTTPS"),
                hostname=HOST,
                allowedRoutes=fields(namespaces=fields(**{"from": one_of("All", "Selector", "Same")})),
                tls=fields(mode=one_of("Terminate", "Passthrough"), certificateRefs=several(fields("name", name=TEXT))),
            )
        ),
    ),
    ("HTTPRoute", "gateway.networking.k8s.io/v1"): fields(
        parentRefs=several(fields("name", name=TEXT, sectionName=TEXT), most=32),
        hostnames=several(HOST, most=16),
        rules=several(
            fields(
                matches=several(
                    fields(path=fields(type=one_of("Exact", "PathPrefix"), value={"type": "string", "pattern": "^/"}))
                ),
                timeouts=fields(request={"type": "string", "pattern": r"^([0-9]{1,5}(h|m|s|ms)){1,4}$"}),
                backendRefs=several(fields("name", name=TEXT, port=PORT), most=16),
                filters=several(
                    fields(
                        "type",
                        type=one_of("RequestRedirect"),
                        requestRedirect=fields(
                            scheme=one_of("http", "https"), statusCode=one_of(301, 302, 303, 307, 308)
                        ),
                    ),
                    most=16,
                ),
            ),
            most=16,
        ),
    ),
    ("ScaledObject", "keda.sh/v1alpha1"): fields(
        *("scaleTargetRef", "triggers"),
        scaleTargetRef=fields("name", name=TEXT),
        minReplicaCount=NUMBER,
        maxReplicaCount=NUMBER,
        pollingInterval=NUMBER,
        fallback=fields(
            *("failureThreshold", "replicas"),
            failureThreshold=NUMBER,
            replicas=NUMBER,
            behavior=one_of("static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"),
        ),
        advanced=fields(horizontalPodAutoscalerConfig=fields(behavior=fields(scaleUp=SCALING, scaleDown=SCALING))),
        triggers=several(
            fields(
                *("type", "metadata"),
                type=one_of("metrics-api"),
                metricType=one_of("AverageValue", "Value"),
                metadata=fields(  # of this trigger; all values are text
                    *("url", "valueLocation", "targetValue"),
                    url=TEXT,
                    valueLocation=TEXT,
                    targetValue=TEXT,
                    format=one_of("json", "prometheus", "xml", "yaml"),
                    authMode=one_of("apiKey", "basic", "tls", "bearer"),
                ),
                authenticationRef=fields("name", name=TEXT),
            )
        ),
    ),
    ("TriggerAuthentication", "keda.sh/v1alpha1"): fields(
        secretTargetRef=several(fields("parameter", "name", "key", parameter=TEXT, name=TEXT, key=TEXT))
    ),
    ("Cluster", "postgresql.cnpg.io/v1"): fields(
        "instances",
        instances=NUMBER,
        imageName=TEXT,
        bootstrap=fields(initdb=fields(database=TEXT, owner=TEXT, encoding=TEXT, localeCollate=TEXT, localeCType=TEXT)),
        postgresql=fields(
            parameters=words(),
            synchronous=fields(
                *("method", "number"),
                method=one_of("any", "first"),
                number=NUMBER,
                dataDurability=one_of("required", "preferred"),
            ),
        ),
        storage=fields(size=QUANTITY),
        walStorage=fields(size=QUANTITY),
        resources=fields(requests=fields(cpu=QUANTITY, memory=QUANTITY), limits=fields(memory=QUANTITY)),
        affinity=fields(podAntiAffinityType=one_of("preferred", "required"), topologyKey=TEXT),
        enablePDB={"type": "boolean"},
    ),
}


def validate_custom_resource(thing: dict[str, Any]) -> None:
    """Raises :class:`ValidationError`."""
    spec = SPECS[thing["kind"], thing["apiVersion"]]
    schema = fields(
        *("apiVersion", "kind", "metadata", "spec"), apiVersion=TEXT, kind=TEXT, metadata={"type": "object"}, spec=spec
    )
    validate(thing, schema)
